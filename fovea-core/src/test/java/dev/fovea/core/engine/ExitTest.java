package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.model.language.KvCache;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** All visual tokens leave at a depth: what each layer holds from there on, and where it stands. */
class ExitTest {

    @ParameterizedTest
    @CsvSource({"llava-mha, one_image, 1", "llava-mha, two_images, 2", "llava-gqa, one_image, 3"})
    void cachesHoldThePicturesUpToTheExitAndPositionsKeepTheirGap(String name, String prompt, int station) {
        Golden golden = Golden.of(name);
        Step exit = new Step(
                new Station.Decoder(station),
                List.of(),
                s -> Outcome.of(new Decision.DropAllVisual(Decision.Positions.ORIGINAL)));
        PlanRun run = PlanRun.of(Plan.of("exit", exit), PlanRun.Question.none(), null);
        int[] following = {33, 90, 200};
        int all = golden.expandedIds(prompt).length;
        try (PromptState plain = golden.read(prompt, PlanRun.plain());
                PromptState state = golden.read(prompt, run)) {
            int[] visual = plain.sequence().visualAt();
            int[] words = IntStream.range(0, all)
                    .filter(i -> Arrays.binarySearch(visual, i) < 0)
                    .toArray();
            for (int token : following) {
                golden.engine.extend(List.of(state), List.of(new int[] {token}));
            }
            int[] more = IntStream.range(all, all + following.length).toArray();
            for (int l = 0; l < golden.model.decoder().layers().size(); l++) {
                KvCache.Layer held = state.sequence().cache().layer(l);
                int[] before = l < station ? IntStream.range(0, all).toArray() : words;
                assertThat(held.length()).isEqualTo((l < station ? all : all - visual.length) + following.length);
                assertThat(held.positions())
                        .containsExactly(IntStream.concat(Arrays.stream(before), Arrays.stream(more))
                                .toArray());
            }
        }
    }
}
