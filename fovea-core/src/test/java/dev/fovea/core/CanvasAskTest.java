package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.image.Geometry;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.Region;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Asking models whose pictures lie on canvases of tiles: what counts as a token, and what a picture is among others. */
class CanvasAskTest {
    private static final Path ROOT = Path.of("src/test/resources/golden");
    private static final AskOptions SHORT = AskOptions.defaults().withMaxTokens(2);
    private static VisionLanguageModel next;
    private static VisionLanguageModel oneVision;

    @BeforeAll
    static void open() {
        next = VisionLanguageModel.open(ROOT.resolve("llava-next"));
        oneVision = VisionLanguageModel.open(ROOT.resolve("llava-onevision"));
    }

    @AfterAll
    static void close() {
        next.close();
        oneVision.close();
    }

    private static RgbImage picture(String name) {
        return new PictureReader()
                .read(ROOT.resolve("llava-next/images/" + name + ".png"))
                .image();
    }

    private static Step keeping(Station station, int one) {
        return new Step(
                station, List.of(), s -> Outcome.of(new Decision.Keep(new int[] {one}, Decision.Positions.ORIGINAL)));
    }

    /** Ends of rows are in the prompt and in nobody's budget. */
    @Test
    void endsOfRowsAreNoVisualTokens() {
        Answer whole = next.ask(List.of(picture("wide")), "What is this?", SHORT);
        Ledger ledger = whole.ledger();
        // 90 x 61 on 112 x 112: two rows of two tiles, of which one row of tokens at the top and bottom is padding.
        assertThat(ledger.images()).extracting(Ledger.Grid::tokens).containsExactly(16, 12, 12, 12, 12);
        assertThat(ledger.total()).isEqualTo(64);
        int rows = 6;
        Answer words = next.ask(List.of(), "What is this?", SHORT);
        Answer one = next.ask(
                List.of(picture("wide")),
                "What is this?",
                SHORT.withPlan(Plan.of("one", keeping(new Station.Connector(), 0))));
        assertThat(one.ledger().kept()).isEqualTo(5);
        assertThat(whole.promptTokens() - one.promptTokens()).isEqualTo(64 - 5);
        assertThat(one.promptTokens()).isGreaterThanOrEqualTo(words.promptTokens() + 5 + rows);
    }

    /** In the language model visual tokens stand row by row across tiles, whatever image they belong to. */
    @Test
    void tilesAreInterleaved() {
        List<int[]> cells = new ArrayList<>();
        Step spy = new Step(new Station.Decoder(1), List.of(), s -> {
            cells.add(s.layout().cells());
            return Outcome.of(new Decision.Unchanged());
        });
        next.ask(List.of(picture("wide")), "What?", SHORT.withPlan(Plan.of("spy", spy)));
        int[] first = cells.getFirst();
        assertThat(first).hasSize(64);
        // Behind the overview: four tokens of the first tile, four of the second, the next line.
        assertThat(first).startsWith(0, 1, 2).contains(63);
        assertThat(Arrays.copyOfRange(first, 16, 28)).containsExactly(16, 17, 18, 19, 28, 29, 30, 31, 20, 21, 22, 23);
    }

    @Test
    void signalsOfInterpolatedTokensAreThere() {
        List<float[]> seen = new ArrayList<>();
        Signal.EncoderAttention attention =
                new Signal.EncoderAttention(1, Signal.EncoderQueries.ALL, Signal.Heads.MEAN);
        Step step = new Step(new Station.Connector(), List.of(attention), s -> {
            seen.add(s.get(attention));
            assertThat(s.layout().visualCount()).isEqualTo(s.get(attention).length);
            return Outcome.of(new Decision.Unchanged());
        });
        Answer answer = oneVision.ask(
                List.of(picture("square")),
                "What?",
                SHORT.withPlan(Plan.of("spy", step)).withRecording());
        assertThat(answer.ledger().total())
                .isEqualTo(seen.stream().mapToInt(v -> v.length).sum());
        for (int i = 0; i < answer.geometry().size(); i++) {
            Ledger.Grid grid = answer.ledger().images().get(i);
            Geometry geometry = answer.geometry().get(i);
            Region all = geometry.toOriginal(new Region(0, 0, geometry.width(), geometry.height()));
            // A tile of 57 pixels has four patches.
            assertThat(geometry.width() / 14).isEqualTo(grid.cols());
            assertThat(all.isEmpty()).isFalse();
        }
    }

    /** A second picture makes both small, as if they had been shown together from the start. */
    @Test
    void aSecondPictureChangesHowTheFirstLooks() {
        try (Conversation talk = oneVision.converse(SHORT, Conversation.Policy.REUSE)) {
            Answer alone = talk.ask(List.of(picture("wide")), "What is this?");
            assertThat(alone.ledger().images().getFirst().part()).isEqualTo(new Part.Overview());
            Answer both = talk.ask(List.of(picture("tall")), "And this?");
            assertThat(both.ledger().images()).extracting(Ledger.Grid::part).containsOnly(new Part.Whole());
            assertThat(both.ledger().total()).isEqualTo(32);
            Answer more = talk.ask("And which is larger?");
            assertThat(more.ledger().total()).isEqualTo(32);
        }
    }

    /** Frames asked about as a video: the answer of the golden, and its prompt. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-onevision", "internvl"})
    void framesOfAVideo(String name) throws IOException {
        Path folder = ROOT.resolve(name);
        JsonNode film = new ObjectMapper()
                .readTree(folder.resolve("golden.json").toFile())
                .path("frames");
        List<RgbImage> frames = new ArrayList<>();
        film.path("frames")
                .forEach(path -> frames.add(
                        new PictureReader().read(folder.resolve(path.asText())).image()));
        AskOptions options = AskOptions.defaults().withFramesPerSecond(2).withMaxTokens(12);
        OpenOptions f32 = OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32);
        try (VisionLanguageModel model = VisionLanguageModel.open(folder, f32)) {
            Answer answer = model.ask(frames, "What changes?", options);
            assertThat(answer.promptTokens()).isEqualTo(film.path("input_ids").size());
            List<Integer> expected = new ArrayList<>();
            film.path("continuation_ids").forEach(id -> expected.add(id.asInt()));
            assertThat(answer.tokens()).extracting(Generated.Token::id).isEqualTo(expected);
            assertThat(answer.ledger().images()).hasSize(3).allMatch(grid -> grid.part() instanceof Part.Frame);
        }
    }

    @Test
    void morePicturesThanTheContextHolds() {
        List<RgbImage> many = Collections.nCopies(40, picture("square"));
        assertThatThrownBy(() -> next.ask(many, "What?", SHORT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("more than the 2048 that this model reads")
                .hasMessageContaining("use fewer images");
    }
}
