package dev.fovea.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.PromptTokens;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Plans;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Other embeddings in the place of words and visual tokens as they enter the language model. */
class RewriteTest {
    private static final int IMAGE = 4;
    private static final Signal.DecoderHidden WORDS = new Signal.DecoderHidden(PromptTokens.TEXT, false);
    private static final Signal.DecoderHidden VISUAL = new Signal.DecoderHidden();
    private static final Signal.Continuations CONTINUATIONS = new Signal.Continuations();

    private static PlanRun run(Step... steps) {
        return PlanRun.of(Plan.of("test", steps), PlanRun.Question.none(), null);
    }

    private static Step at(Station station, Function<Signals, Decision> rule) {
        return new Step(station, List.of(WORDS, VISUAL, CONTINUATIONS), s -> Outcome.of(rule.apply(s)));
    }

    private static Step rewriting(Function<Signals, Decision> rule) {
        return at(new Station.Embeddings(), rule);
    }

    /** The words become these. */
    private static Decision words(Golden golden, Signals s, int... ids) {
        return new Decision.Rewrite(
                new TensorRows(golden.model.decoder().embed(ids)), s.layout().text());
    }

    private static PathEngine.Prompt prompt(Golden golden, int picture, PlanRun run, int... ids) {
        List<EncodedImage> images = golden.engine.encode(List.of(golden.image(picture, run)));
        return new PathEngine.Prompt("", ids, images, run, 4);
    }

    /** What follows is read as it is: it says what it says behind the words themselves. */
    @ParameterizedTest
    @ValueSource(strings = {"llava-mha", "llava-gqa"})
    void otherWordsAreAskedWithTheirEmbeddings(String name) {
        Golden golden = Golden.of(name);
        PlanRun others = run(rewriting(s -> words(golden, s, 1, 9, 40, 41)));
        PlanRun more = run(rewriting(s -> words(golden, s, 1, 50, 51, 52, 53)));
        List<PromptState> rewritten = golden.engine.prefill(List.of(
                prompt(golden, 0, others, 1, 9, IMAGE, 30, 31),
                prompt(golden, 1, PlanRun.plain(), 1, 60, IMAGE, 61),
                prompt(golden, 1, more, 1, IMAGE, 30, 31, 32, 33)));
        List<PromptState> asked = golden.engine.prefill(List.of(
                prompt(golden, 0, PlanRun.plain(), 1, 9, IMAGE, 40, 41),
                prompt(golden, 1, PlanRun.plain(), 1, 60, IMAGE, 61),
                prompt(golden, 1, PlanRun.plain(), 1, IMAGE, 50, 51, 52, 53)));
        for (int[] following : new int[][] {{}, {33}, {90, 200}}) {
            if (following.length > 0) {
                List<int[]> each = List.of(following, following, following);
                golden.engine.extend(rewritten, each);
                golden.engine.extend(asked, each);
            }
            for (int i = 0; i < asked.size(); i++) {
                Golden.assertClose(rewritten.get(i).logits(), asked.get(i).logits(), "prompt " + i);
            }
        }
        rewritten.forEach(PromptState::close);
        asked.forEach(PromptState::close);
    }

    /** One picture's tokens in the place of another's, before some of them leave. */
    @Test
    void aPictureBecomesAnotherOne() {
        Golden golden = Golden.mha();
        List<float[]> seen = new ArrayList<>();
        Step keep = new Step(new Station.Prompt(), List.of(VISUAL), s -> {
            seen.add(s.get(VISUAL).data());
            return Outcome.of(Decision.Keep.of(0, 3, 9));
        });
        try (PromptState tall = golden.engine
                .prefill(List.of(prompt(golden, 1, run(keep), 1, 9, IMAGE, 30)))
                .getFirst()) {
            Step become = rewriting(s -> new Decision.Rewrite(
                    new TensorRows(Tensors.of(seen.getFirst(), s.layout().visualCount(), 48)),
                    s.layout().visual()));
            try (PromptState wide = golden.engine
                    .prefill(List.of(prompt(golden, 0, run(become, keep), 1, 9, IMAGE, 30)))
                    .getFirst()) {
                assertThat(seen.get(1)).containsExactly(seen.get(0));
                Golden.assertClose(wide.logits(), tall.logits(), "logits");
                assertThat(wide.ledger().kept()).isEqualTo(3);
            }
        }
    }

    private static Tensor taught(Golden golden, PlanRun run, int[] words, int @Nullable [] branches, int... asked) {
        EncodedImage image =
                golden.engine.encode(List.of(golden.image(0, PlanRun.plain()))).getFirst();
        try {
            return TrainingPath.of(golden.model)
                    .logits(List.of(new TrainingPath.Prompt(
                            List.of(
                                    new TrainingPath.Span.Words(new int[] {1, 9}),
                                    new TrainingPath.Span.Picture(image),
                                    new TrainingPath.Span.Words(words)),
                            run,
                            branches == null
                                    ? null
                                    : IntStream.concat(IntStream.of(0, 0), Arrays.stream(branches))
                                            .toArray(),
                            null,
                            asked)));
        } finally {
            image.close();
        }
    }

    /** Of packed continuations a step is told which words are whose, and which are answers; asked alone, there is one. */
    @Test
    void continuationsAndTheirAnswersAreKnown() {
        Golden golden = Golden.mha();
        List<float[]> told = new ArrayList<>();
        Step listening = rewriting(s -> {
            told.add(s.get(CONTINUATIONS));
            return new Decision.Unchanged();
        });
        int[] words = {30, 31, 70, 71, 32, 33, 72, 34, 73};
        int[] branches = {1, 1, 1, 1, 2, 2, 2, 2, 2};
        try (Scope ignored = Scope.inference()) {
            // Answers behind the words 3, 4 and 7, and in the same conversation behind 9.
            taught(golden, run(listening), words, branches, 3, 4, 7, 9);
        }
        golden.engine
                .prefill(List.of(prompt(golden, 0, run(listening), 1, 9, IMAGE, 30)))
                .forEach(PromptState::close);
        assertThat(told.get(0)).containsExactly(0, 0, 1, 1, -1, -1, 2, 2, -1, 2, -1);
        assertThat(told.get(1)).containsExactly(0, 0, 0);
    }

    /** Words of continuations become others, each its own. */
    @Test
    void continuationsAreRewrittenTogether() {
        Golden golden = Golden.mha();
        PlanRun run = run(rewriting(s -> words(golden, s, 1, 9, 40, 41, 50, 51)));
        try (Scope ignored = Scope.inference()) {
            float[] packed =
                    Tensors.floats(taught(golden, run, new int[] {30, 31, 32, 33}, new int[] {1, 1, 2, 2}, 3, 5));
            int vocabulary = packed.length / 2;
            for (int i = 0; i < 2; i++) {
                int[] own = i == 0 ? new int[] {40, 41} : new int[] {50, 51};
                float[] alone = Tensors.floats(taught(golden, PlanRun.plain(), own, null, 3));
                Golden.assertClose(
                        Arrays.copyOfRange(packed, i * vocabulary, (i + 1) * vocabulary), alone, "continuation " + i);
            }
        }
    }

    @Test
    void whatIsRewrittenGetsAGradient() {
        Golden golden = Golden.mha();
        try (Scope ignored = Scope.training()) {
            Tensor rows =
                    golden.model.decoder().embed(new int[] {40, 41}).detach().set_requires_grad(true);
            PlanRun run = run(rewriting(s -> {
                int[] text = s.layout().text();
                return new Decision.Rewrite(new TensorRows(rows), new int[] {text[1], text[2]});
            }));
            taught(golden, run, new int[] {30, 31}, null, 3).square().sum().backward();
            assertThat(rows.grad().norm().item_float()).isPositive();
        }
    }

    private static void refused(Step step, String sentence) {
        Golden golden = Golden.mha();
        assertThatThrownBy(() -> golden.engine.prefill(List.of(prompt(golden, 0, run(step), 1, 9, IMAGE, 30))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(sentence);
    }

    @Test
    void whatCannotBeIsOneSentence() {
        TensorRows two = new TensorRows(Tensors.zeros(DType.F32, 2, 48));
        refused(rewriting(s -> new Decision.Rewrite(two, new int[] {0})), "There are 2 rows for 1 places of a prompt");
        for (int[] places : new int[][] {{3, 3}, {0, 999}, {-1, 0}}) {
            Golden golden = Golden.mha();
            assertThatThrownBy(() -> golden.engine.prefill(List.of(prompt(
                            golden, 0, run(rewriting(s -> new Decision.Rewrite(two, places))), 1, 9, IMAGE, 30))))
                    .hasMessageContaining("but tokens are named in ascending order and there are ")
                    .hasMessageEndingWith("at embeddings.");
        }
        refused(
                rewriting(s -> new Decision.Rewrite(new TensorRows(Tensors.zeros(DType.F32, 1, 7)), new int[] {0})),
                "A step gave tokens of width 7 at embeddings, where tokens have width 48.");
        refused(
                at(new Station.Prompt(), s -> new Decision.Rewrite(two, new int[] {0, 1})),
                "Technique 'test' decided Rewrite, which this station cannot do at prompt.");
        refused(
                rewriting(s -> Decision.Keep.of(0)),
                "Technique 'test' decided Keep, which this station cannot do at embeddings.");
    }

    /** Words behind what is left of a picture pass no station. */
    @Test
    void wordsThatAreReadBehindPicturesCannotBeRewritten() {
        Step cache = new Step(
                new Station.Cache(Station.Behind.PICTURES), List.of(), s -> Outcome.of(new Decision.Unchanged()));
        Plan both = Plans.compose(List.of(Plan.of("a", rewriting(s -> new Decision.Unchanged())), Plan.of("b", cache)));
        assertThat(Plans.rewritesWords(both)).isTrue();
        assertThat(Plans.rewritesWords(Plan.of("b", cache))).isFalse();
        assertThatThrownBy(() -> PlanCheck.check(both, Golden.mha().model.shape()))
                .hasMessage(
                        "Technique 'a+b' rewrites the words of a prompt as they enter the language model, but has them"
                                + " read behind what is left of the pictures, where none of them passes; use one of the two.");
    }
}
