package dev.fovea.eval.flow;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.PromptProbe;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.Region;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.AttentionEdges.Blocked;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The analysis on tiny checkpoints, held against readings made one by one. */
class FlowAnalysisTest {
    private static final Path GOLDEN = Path.of("..", "fovea-core", "src", "test", "resources", "golden");
    private static final String QUESTION = "How many red circles are there?";

    private static RgbImage picture(Path folder) {
        return new PictureReader().read(folder.resolve("images/wide.png")).image();
    }

    private static Flow flow(PromptProbe probe, FlowOptions options, List<Region> boxes) {
        return requireNonNull(new FlowAnalysis(options).of(probe, boxes, QUESTION, done -> true));
    }

    /** Plain, tiled with ends of rows, windows and blocks, a prompt that is seen both ways: all edges, and the heat. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-next", "gemma3", "paligemma2"})
    void curvesAreReadingsUnderOneBlockEach(String name) {
        Path folder = GOLDEN.resolve(name);
        RgbImage picture = picture(folder);
        Region left = new Region(0, 0, picture.width() / 2.0, picture.height());
        List<FlowEdge> edges = new ArrayList<>(FlowEdge.USUAL);
        edges.addAll(FlowEdge.OF_PARTS);
        try (VisionLanguageModel model = VisionLanguageModel.open(folder);
                PromptProbe probe = model.probe(List.of(picture), QUESTION, "Answer with one word.", 2)) {
            int layers = probe.layers();
            List<Integer> seen = new ArrayList<>();
            FlowOptions options = new FlowOptions(edges, 2, true);
            Flow flow = requireNonNull(new FlowAnalysis(options).of(probe, List.of(left), QUESTION, done -> {
                seen.add(done);
                return true;
            }));
            assertThat(seen.getLast()).isEqualTo(options.readings(layers));
            assertThat(flow.change()).hasSize(6);
            int token = IntStream.range(0, probe.logits().length)
                    .reduce((a, b) -> probe.logits()[b] > probe.logits()[a] ? b : a)
                    .orElseThrow();
            assertThat(flow.probability()).isEqualTo(Knockout.probability(probe.logits(), token));
            int[] related = probe.showing(0, List.of(left));
            int centre = layers - 1;
            for (FlowEdge edge : List.of(edges.get(0), edges.get(3), edges.get(4))) {
                float[] logits = probe.logits(Knockout.plan(
                        probe.tokens().length(),
                        List.of(new Blocked(
                                edge.to().places(probe.tokens(), related),
                                edge.from().places(probe.tokens(), related))),
                        centre - 1,
                        centre));
                assertThat(requireNonNull(flow.change().get(edge))[centre])
                        .isEqualTo(Knockout.change(flow.probability(), Knockout.probability(logits, token)));
            }
            Emergence answer = flow.emergence().getFirst();
            assertThat(answer.token()).isEqualTo(token);
            assertThat(answer.raw()).hasSize(layers + 1);
            assertThat(answer.normed().getLast()).isCloseTo(flow.probability(), within(1e-5));
            assertThat(answer.raw().getLast()).isEqualTo(answer.normed().getLast());
            Flow.Heat heat = requireNonNull(flow.heat());
            assertThat(heat.towards().length).isEqualTo(layers);
            assertThat(heat.towards()[0]).hasSize(flow.ledger().total());
            assertThat(heat.byReader()).containsOnlyKeys(TokenGroup.QUESTION, TokenGroup.LAST);
        }
    }

    /** Nobody to look and nothing to look at are no change, and no reading. */
    @Test
    void emptyGroupsChangeNothing() {
        Path folder = GOLDEN.resolve("llava-mha");
        try (VisionLanguageModel model = VisionLanguageModel.open(folder);
                PromptProbe probe = model.probe(List.of(picture(folder)), QUESTION, null, 1)) {
            // A box thinner than a pixel of what the model sees: no token shows a whole one.
            List<Region> nothing = List.of(new Region(0.1, 0.1, 0.2, 0.2));
            Flow flow = flow(probe, new FlowOptions(FlowEdge.OF_PARTS, 1, false), nothing);
            assertThat(requireNonNull(flow.change().get(FlowEdge.OF_PARTS.getFirst())))
                    .containsOnly(0);
            assertThat(Arrays.stream(requireNonNull(flow.change().get(FlowEdge.OF_PARTS.getLast())))
                            .anyMatch(change -> change != 0))
                    .isTrue();
            assertThat(flow.heat()).isNull();
            assertThat(flow.asMap()).doesNotContainKey("heat").containsKeys("edges", "emergence", "windows");
        }
    }

    @Test
    void anAnalysisThatIsEndedEarlyIsNone() {
        Path folder = GOLDEN.resolve("llava-mha");
        try (VisionLanguageModel model = VisionLanguageModel.open(folder);
                PromptProbe probe = model.probe(List.of(picture(folder)), QUESTION, null, 1)) {
            FlowAnalysis analysis = new FlowAnalysis(new FlowOptions(FlowEdge.USUAL, 1, true));
            assertThat(analysis.of(probe, List.of(), QUESTION, done -> done < 3))
                    .isNull();
            FlowAnalysis wide = new FlowAnalysis(new FlowOptions(FlowEdge.USUAL, 99, true));
            assertThatThrownBy(() -> wide.of(probe, List.of(), QUESTION, done -> true))
                    .hasMessageContaining("The window is 99 layers");
        }
    }

    @Test
    void curvesAreMeansOverAnswersWithIntervals() {
        Path folder = GOLDEN.resolve("llava-mha");
        RgbImage picture = picture(folder);
        List<FlowCurves.One> ones = new ArrayList<>();
        FlowOptions options = new FlowOptions(FlowEdge.USUAL, 1, false);
        try (VisionLanguageModel model = VisionLanguageModel.open(folder)) {
            for (String asked : List.of(QUESTION, "Is there a star?", "What is left of the ring?")) {
                try (PromptProbe probe = model.probe(List.of(picture), asked, null, 1)) {
                    ones.add(new FlowCurves.One("picture" + ones.size(), false, flow(probe, options, List.of())));
                }
            }
        }
        FlowCurves curves = FlowCurves.of(5, ones);
        assertThat(curves.asked()).isEqualTo(5);
        assertThat(curves.kept()).isEqualTo(3);
        FlowEdge edge = FlowEdge.USUAL.getFirst();
        double mean = ones.stream()
                .mapToDouble(one -> requireNonNull(one.flow().change().get(edge))[1])
                .average()
                .orElseThrow();
        assertThat(requireNonNull(curves.change().get(edge)).get(1).value()).isCloseTo(mean, within(1e-9));
        assertThat(requireNonNull(curves.change().get(edge)).get(1).low()).isLessThan(mean);
        assertThat(curves.raw()).hasSize(curves.windows().size() + 1);
        String page = new FlowReport("tiny", 1, "fovea explain", List.of("one")).page(curves, "world <1>");
        assertThat(page)
                .contains("3 of 5 questions", "world &lt;1&gt;", "picture → question", "<svg")
                .doesNotContain("<script", "http://", "https://", " href", "NaN");
        assertThatThrownBy(() -> FlowCurves.of(4, List.of()))
                .hasMessageContaining("None of the 4 questions was answered rightly");
    }
}
