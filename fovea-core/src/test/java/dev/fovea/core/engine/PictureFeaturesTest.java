package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** What a step at the connector is told of the other parts of a picture. */
class PictureFeaturesTest {
    private static final Golden GOLDEN = Golden.mha();
    private static final int IMAGE = 4;
    private static final Signal.PictureFeatures PICTURE = new Signal.PictureFeatures();
    private static final Signal.Features OWN = new Signal.Features();

    private record Told(Part part, Matrix own, Matrix picture) {}

    /** Tells what it sees, and leaves three of the tokens to whoever comes behind. */
    private static PlanRun telling(List<Told> told) {
        return PlanRun.of(
                Plan.of("test", new Step(new Station.Connector(), List.of(PICTURE, OWN), s -> {
                    told.add(new Told(s.layout().grids().getFirst().part(), s.get(OWN), s.get(PICTURE)));
                    return Outcome.of(Decision.Keep.of(0, 1, 2));
                })),
                PlanRun.Question.none(),
                null);
    }

    private static ImageInput part(int which, int picture, Part part, PlanRun run) {
        Tensor pixels = GOLDEN.tensor("vision.pixel_values").select(0, which);
        return new ImageInput(pixels, picture, part, () -> pixels, "", run, new PixelSource(pixels, () -> pixels));
    }

    private static PathEngine.Prompt prompt(PlanRun run, ImageInput... parts) {
        int[] ids = new int[2 + parts.length];
        Arrays.fill(ids, 1, 1 + parts.length, IMAGE);
        ids[0] = 1;
        ids[ids.length - 1] = 30;
        return new PathEngine.Prompt("", ids, GOLDEN.engine.encode(List.of(parts)), run, 1);
    }

    private static float[] stacked(Told... parts) {
        int size = parts[0].own().data().length;
        float[] all = new float[parts.length * size];
        IntStream.range(0, parts.length)
                .forEach(i -> System.arraycopy(parts[i].own().data(), 0, all, i * size, size));
        return all;
    }

    /** Its overview and its tiles row by row, whatever stands before what; other pictures and prompts have their own. */
    @Test
    void theOverviewThenTilesRowByRow() {
        List<Told> told = new ArrayList<>();
        PlanRun run = telling(told);
        PathEngine.Prompt first = prompt(
                run,
                part(0, 0, new Part.Tile(1, 0), run),
                part(1, 0, new Part.Tile(0, 1), run),
                part(1, 0, new Part.Overview(), run),
                part(0, 1, new Part.Whole(), run),
                part(0, 2, new Part.Overview(), run),
                part(1, 3, new Part.Frame(0, 1, 0), run),
                part(0, 3, new Part.Frame(1, 1, 1), run));
        PathEngine.Prompt second =
                prompt(run, part(1, 0, new Part.Overview(), run), part(0, 0, new Part.Tile(0, 0), run));
        GOLDEN.engine.prefill(List.of(first, second)).forEach(PromptState::close);
        assertThat(told).hasSize(9);
        for (int i = 0; i < 3; i++) {
            assertThat(told.get(i).picture().data()).containsExactly(stacked(told.get(2), told.get(1), told.get(0)));
        }
        for (int i = 3; i < 7; i++) {
            assertThat(told.get(i).picture().data())
                    .containsExactly(told.get(i).own().data());
        }
        assertThat(told.get(7).picture().data()).containsExactly(stacked(told.get(7), told.get(8)));
    }
}
