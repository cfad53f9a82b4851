package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.image.Geometry;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.Region;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A prompt that is read again and again: who stands where in it, and what its next token is under which plan. */
class PromptProbeTest {
    private static final Path GOLDEN = Path.of("src", "test", "resources", "golden");
    private static final String QUESTION = "How many red circles are there?";
    private static VisionLanguageModel model;
    private static RgbImage wide;

    @BeforeAll
    static void open() {
        model = VisionLanguageModel.open(GOLDEN.resolve("llava-mha"));
        wide = read("llava-mha");
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static RgbImage read(String name) {
        return new PictureReader()
                .read(GOLDEN.resolve(name).resolve("images/wide.png"))
                .image();
    }

    @Test
    void readsAsAnAnswerIsRead() {
        Answer asked = model.ask(List.of(wide), QUESTION, AskOptions.defaults().withMaxTokens(4));
        try (PromptProbe probe = model.probe(List.of(wide), QUESTION, null, 4)) {
            assertThat(probe.answer().text()).isEqualTo(asked.text());
            assertThat(probe.tokens().length()).isEqualTo(asked.promptTokens());
            assertThat(probe.logits(Plan.plain())).isEqualTo(probe.logits());
            assertThat(probe.layers()).isEqualTo(model.shape().decoderLayers());
            int first = asked.tokens().getFirst().id();
            assertThat(probe.text(first)).isNotEmpty();
            assertThat(probe.text(probe.firstToken("red"))).isNotBlank();
            assertThat(probe.firstToken("")).isNegative();
        }
    }

    /** Where tiles have ends of rows between them, these are the picture's too; an instruction is not the question's. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-next", "qwen2-vl", "gemma3", "paligemma2", "internvl"})
    void saysWhoStandsWhere(String name) {
        try (VisionLanguageModel other = VisionLanguageModel.open(GOLDEN.resolve(name));
                PromptProbe probe = other.probe(List.of(read(name)), QUESTION, "Answer briefly.", 2);
                PromptProbe bare = other.probe(List.of(read(name)), QUESTION, null, 2)) {
            PromptTokens tokens = probe.tokens();
            assertThat(tokens.picture().length)
                    .isGreaterThanOrEqualTo(probe.answer().ledger().total());
            assertThat(tokens.question())
                    .hasSameSizeAs(bare.tokens().question())
                    .isNotEmpty();
            assertThat(tokens.question()[tokens.question().length - 1]).isLessThan(tokens.last());
            assertThat(IntStream.of(tokens.question()).noneMatch(q -> Arrays.binarySearch(tokens.picture(), q) >= 0))
                    .isTrue();
            int[] visual = IntStream.range(0, tokens.length())
                    .filter(p -> tokens.ledger()[p] >= 0)
                    .toArray();
            List<Layout> layouts = new ArrayList<>();
            probe.logits(Plan.of("look", new Step(new Station.Attention(0), List.of(), s -> {
                layouts.add(s.layout());
                return Outcome.of(new Decision.Unchanged());
            })));
            assertThat(layouts.getFirst().visual()).isEqualTo(visual);
            assertThat(layouts.getFirst().length()).isEqualTo(tokens.length());
            assertThat(tokens.picture()).contains(visual);
        }
    }

    /** The head reads the state before the first layer, which is a word's: in a tied or untied model, with or without norm. */
    @Test
    void theHeadIsAskedBeforeTheFirstLayer() {
        Signal.LateLogits before = new Signal.LateLogits(Signal.LateLogits.BEFORE_LAYERS, false);
        Signal.LateLogits behind = new Signal.LateLogits(model.shape().decoderLayers() - 1, true);
        List<float[]> read = new ArrayList<>();
        try (PromptProbe probe = model.probe(List.of(wide), QUESTION, null, 1);
                PromptProbe other = model.probe(List.of(wide), "Is there a star?", null, 1)) {
            for (PromptProbe one : List.of(probe, other)) {
                one.logits(Plan.of("look", new Step(new Station.Logits(), List.of(before, behind), s -> {
                    read.add(s.get(before));
                    read.add(s.get(behind));
                    return Outcome.of(new Decision.Unchanged());
                })));
            }
            // Both prompts end with the same word of the template, whatever was asked.
            assertThat(read.get(0)).isEqualTo(read.get(2));
            assertThat(read.get(1)).isNotEqualTo(read.get(3));
            for (int i = 0; i < read.get(1).length; i++) {
                assertThat(read.get(1)[i]).isCloseTo(probe.logits()[i], within(1e-4f));
            }
        }
    }

    /** Sheet of the paper, test 7: patches of 14 pixels in a picture that is seen as it is. */
    @Test
    void tokensThatShowABox() {
        Ledger.Grid grid = new Ledger.Grid(24, 24);
        List<Ledger.Token> tokens = IntStream.range(0, grid.tokens())
                .mapToObj(i -> new Ledger.Token(0, i / 24, i % 24, List.of(), Ledger.Fate.KEPT))
                .toList();
        Geometry same = new Geometry(336, 336, 336, 336, 1, 1, 0, 0, 0, 0);
        assertThat(cells(tokens, same, new Region(28, 28, 56, 56))).containsExactly(50, 51, 74, 75);
        assertThat(cells(tokens, same, new Region(28, 28, 56.5, 56.9))).containsExactly(50, 51, 74, 75);
        assertThat(cells(tokens, same, new Region(28, 28, 57, 56))).containsExactly(50, 51, 52, 74, 75, 76);
        assertThat(cells(tokens, same, new Region(30, 30, 30.9, 31))).isEmpty();
        // Half as large: what was 28 pixels is one token.
        Geometry half = new Geometry(672, 672, 336, 336, 2, 2, 0, 0, 0, 0);
        assertThat(cells(tokens, half, new Region(28, 28, 56, 56))).containsExactly(25);
    }

    private static int[] cells(List<Ledger.Token> tokens, Geometry geometry, Region box) {
        return IntStream.range(0, tokens.size())
                .filter(i -> PromptProbe.shows(tokens.get(i), geometry, 14, box))
                .toArray();
    }

    @Test
    void placesThatShowABoxAreThoseOfItsTokens() {
        try (PromptProbe probe = model.probe(List.of(wide), QUESTION, null, 1)) {
            int[] all = probe.showing(0, List.of(new Region(0, 0, wide.width(), wide.height())));
            assertThat(all).hasSize(16).isEqualTo(probe.tokens().picture());
            int[] left = probe.showing(0, List.of(new Region(0, 0, wide.width() / 2.0, wide.height())));
            assertThat(left).hasSize(8);
            assertThat(probe.showing(1, List.of(new Region(0, 0, wide.width(), wide.height()))))
                    .isEmpty();
        }
    }

    @Test
    void slopesComeFromTheSamePrompt() {
        try (PromptProbe probe = model.probe(List.of(wide), QUESTION, null, 1)) {
            int[] last = {probe.tokens().last()};
            float[][][] slopes = probe.attentionSlopes(5, List.of(last));
            assertThat(slopes).hasDimensions(model.shape().decoderLayers(), 1);
            // Shares of one whole: all scores raised alike change nothing.
            for (float[][] layer : slopes) {
                double sum = 0;
                double size = 0;
                for (float slope : layer[0]) {
                    sum += slope;
                    size += Math.abs(slope);
                }
                assertThat(size).isPositive();
                assertThat(sum).isCloseTo(0, within(1e-5));
            }
            assertThatThrownBy(() -> probe.attentionSlopes(1_000_000, List.of(last)))
                    .hasMessageStartingWith("There is no token 1000000; the model has ");
            assertThatThrownBy(() -> probe.attentionSlopes(5, List.of(new int[] {9_999})))
                    .hasMessageStartingWith("There is no token at place 9999 of a prompt of ");
        }
    }

    @Test
    void whatCannotBeProbedIsSaidInASentence() {
        assertThatThrownBy(() -> model.probe(List.of(wide), "  ", null, 1))
                .hasMessage("The question is empty; ask something.");
        try (PromptProbe probe = model.probe(List.of(wide), QUESTION, null, 1)) {
            Plan pruned = Plan.of(
                    "early", new Step(new Station.Connector(), List.of(), s -> Outcome.of(Decision.Keep.of(0, 1))));
            assertThatThrownBy(() -> probe.logits(pruned)).hasMessageContaining("acts before the language model");
            Plan deep = Plan.of(
                    "deep",
                    new Step(
                            new Station.Attention(99),
                            List.of(),
                            s -> Outcome.of(new Decision.Edges(AttentionEdges.without(1, List.of())))));
            assertThatThrownBy(() -> probe.logits(deep)).hasMessageContaining("attention[99]");
        }
    }
}
