package dev.fovea.techniques.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.draft.Draft;
import dev.fovea.core.draft.Guessing;
import dev.fovea.core.draft.Lesson;
import dev.fovea.core.draft.Reading;
import dev.fovea.core.draft.Target;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.OwnWeights;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.techniques.Models;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** FLASH's draft, arXiv 2505.12728: its worked numbers, and that guessing is what was learned. */
class FlashTest {
    private static final Flash TECHNIQUE = new Flash();
    private static final int WIDTH = 8;
    private static final int VOCABULARY = 12;
    private static final int WORD = Reading.WORD;

    private static FlashDraft draft(int width, Map<String, float[]> set, String... knobs) {
        ModelShape shape = Models.shape(12, 12, true, 6, 5, 32, 4, true, 6, width, 1, 1);
        Knobs all = Models.knobs(TECHNIQUE, knobs);
        Declaration declared = TECHNIQUE.declaration(shape, all);
        try (Scope ignored = Scope.inference()) {
            Map<String, Tensor> tensors = new HashMap<>();
            for (Declaration.Parameter p : declared.parameters()) {
                float[] values = set.getOrDefault(p.name(), p.initial(3));
                tensors.put(p.name(), Tensors.of(values, p.sizes()));
            }
            assertThat(tensors.keySet()).containsAll(set.keySet());
            return (FlashDraft) TECHNIQUE.draft(shape, all, OwnWeights.copyOf("flash", tensors));
        }
    }

    /** A table of embeddings and a head of other random numbers. */
    private record Words(Tensor table, Tensor head) implements Target {
        static Words random(int width) {
            return new Words(numbers(91, VOCABULARY, width), numbers(92, VOCABULARY, width));
        }

        @Override
        public Tensor embed(int... ids) {
            return table.index_select(0, Tensors.indices(ids));
        }

        @Override
        public Tensor logits(Tensor states) {
            return states.matmul(head.transpose(0, 1));
        }
    }

    private static Tensor numbers(long seed, long... shape) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] all = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < all.length; i++) {
            all[i] = (float) random.nextGaussian();
        }
        return Tensors.of(all, shape);
    }

    @Test
    void compressionByHand() {
        FlashDraft draft = draft(2, Map.of("queries", new float[] {1, 0, 0, 1}), "c=2");
        try (Scope ignored = Scope.inference()) {
            Tensor states = Tensors.of(new float[] {2, 0, 0, 2, 1, 1, 0, 0}, 4, 2);
            float[] weights = Tensors.floats(
                    Tensors.softmax(Tensors.of(new float[] {1, 0}, 1, 2).matmul(states.transpose(0, 1))));
            close(weights, 0.6103, 0.0826, 0.2245, 0.0826);
            close(Tensors.floats(draft.compressed(states)), 1.4451, 0.3897, 0.3897, 1.4451);
        }
    }

    @Test
    void queriesOfZeroGiveTheMean() {
        FlashDraft draft = draft(2, Map.of("queries", new float[6]), "c=3");
        try (Scope ignored = Scope.inference()) {
            Tensor states = Tensors.of(new float[] {2, 0, 0, 2, 1, 1, 0, 0}, 4, 2);
            close(Tensors.floats(draft.compressed(states)), 0.75, 0.75, 0.75, 0.75, 0.75, 0.75);
        }
    }

    @RepeatedTest(5)
    void theOrderOfAPicturesStatesDoesNotMatter(RepetitionInfo info) {
        int seed = info.getCurrentRepetition();
        FlashDraft draft = draft(WIDTH, Map.of(), "c=3");
        try (Scope ignored = Scope.inference()) {
            Tensor states = numbers(seed, 7, WIDTH);
            int[] order = {3, 6, 0, 5, 1, 4, 2};
            float[] turned = Tensors.floats(draft.compressed(states.index_select(0, Tensors.indices(order))));
            close(turned, doubles(Tensors.floats(draft.compressed(states))));
        }
    }

    @Test
    void slotsByHand() {
        SlotRows rows = SlotRows.all(3, 2);
        assertThat(rows.tokens()).containsExactly(0, 0, 1, 1, 2, 2);
        assertThat(rows.slots()).containsExactly(0, 1, 0, 1, 0, 1);
        assertThat(rows.positions()).containsExactly(0, 1, 1, 2, 2, 3);
        assertThat(seen(rows, 5)).containsExactly(0, 2, 4, 5);
        assertThat(seen(rows, 2)).containsExactly(0, 2);
        try (Scope ignored = Scope.inference()) {
            float[] hidden = Tensors.floats(rows.hidden(new int[] {5}));
            assertThat(hidden).containsExactly(0, 1, 0, 1, 0, 0);
        }
    }

    private static int[] seen(SlotRows rows, int row) {
        return IntStream.range(0, rows.tokens().length)
                .filter(o -> rows.sees(row, o))
                .toArray();
    }

    /** Tokens that nothing is guessed from have one slot, and continuations do not see each other. */
    @Test
    void continuationsBeginAtTheSamePlaceAndDoNotSeeEachOther() {
        SlotRows rows = SlotRows.of(new int[] {0, 1, 1, 2}, new int[] {0, 1, 2, 2}, new int[] {1, 3}, 2);
        assertThat(rows.tokens()).containsExactly(0, 1, 1, 2, 3, 3);
        assertThat(rows.positions()).containsExactly(0, 1, 2, 1, 2, 3);
        assertThat(seen(rows, 5)).containsExactly(0, 3, 4, 5);
        assertThat(rows.of(new int[] {1, 3})).containsExactly(1, 2, 4, 5);
    }

    /** One picture of N tokens makes N - C fewer; each picture is compressed by itself. */
    @ParameterizedTest
    @CsvSource({"576, 64, 640, 128", "256, 28, 300, 72"})
    void lengthBehindThePicture(int visual, int latents, int length, int expected) {
        FlashDraft draft = draft(WIDTH, Map.of(), "c=" + latents);
        int[] pictures = new int[length];
        Arrays.fill(pictures, WORD);
        Arrays.fill(pictures, 2, 2 + visual, 0);
        try (Scope ignored = Scope.inference()) {
            Reading reading = new Reading(numbers(1, length, WIDTH), new int[length], pictures);
            assertThat(draft.taken(reading, new int[length], false, Words.random(WIDTH))
                            .tokens()
                            .size(0))
                    .isEqualTo(expected);
        }
        assertThat(expected).isEqualTo(length - visual + latents);
    }

    @Test
    void usualSizesAreThePapers() {
        FlashSizes own = FlashSizes.of(Models.LLAVA, Models.knobs(TECHNIQUE));
        assertThat(own).isEqualTo(new FlashSizes(4096, 4, 64, 64, 512, 4, false));
        assertThat(TECHNIQUE.declaration(Models.LLAVA, Models.knobs(TECHNIQUE)).size())
                .as("354.7 million parameters")
                .isBetween(354_600_000L, 354_800_000L);
        assertThat(FlashSizes.of(Models.withGrid(18, 18), Models.knobs(TECHNIQUE))
                        .latents())
                .isEqualTo(36);
    }

    /** Words in front of a picture: their state, or (as the paper writes it) joined with what follows. */
    @ParameterizedTest
    @ValueSource(strings = {"code", "paper"})
    void wordsInFrontOfAPicture(String before) {
        FlashDraft draft = draft(WIDTH, Map.of(), "c=2", "before=" + before);
        Words words = Words.random(WIDTH);
        try (Scope ignored = Scope.inference()) {
            Tensor states = numbers(1, 6, WIDTH);
            Reading shown = new Reading(states, new int[6], new int[] {WORD, WORD, 0, 0, 0, WORD});
            int[] next = {3, 4, 0, 0, 5, 6};
            FlashDraft.Taken taken = draft.taken(shown, next, false, words);
            assertThat(taken.from()).containsExactly(0, 1, 2, 2, 5);
            Tensor plain = states.narrow(0, 0, 2);
            Tensor joined = draft.fused(plain, words.embed(3, 4));
            close(
                    Tensors.floats(taken.tokens().narrow(0, 0, 2)),
                    doubles(Tensors.floats(before.equals("code") ? plain : joined)));
            close(
                    Tensors.floats(taken.tokens().narrow(0, 4, 1)),
                    doubles(Tensors.floats(draft.fused(states.narrow(0, 5, 1), words.embed(6)))));
            // Where no picture stands, all words are joined; behind one, too.
            Reading alone = new Reading(plain, new int[2], new int[] {WORD, WORD});
            close(
                    Tensors.floats(
                            draft.taken(alone, new int[] {3, 4}, false, words).tokens()),
                    doubles(Tensors.floats(joined)));
            FlashDraft.Taken behind = draft.taken(shown, next, true, words);
            close(Tensors.floats(behind.tokens().narrow(0, 0, 2)), doubles(Tensors.floats(joined)));
        }
    }

    private static Lesson lesson(Reading reading, int[] next, int[][] told, int... asked) {
        return new Lesson(reading, new int[next.length], next, asked, told);
    }

    private static final int[] PICTURES = {WORD, 0, 0, 0, 0, 0, WORD, WORD, WORD};
    private static final int[] IDS = {1, 9, 9, 9, 9, 9, 2, 3, 4};
    private static final int[] NEXT = {9, 9, 9, 9, 9, 2, 3, 4, 5};

    private static Reading reading() {
        return new Reading(numbers(7, IDS.length, WIDTH), IDS, PICTURES);
    }

    /** Without refinement and shares of the state, slots are what leaves the layer; refinement leaves the first alone. */
    @Test
    void zeroRefinementAndGatesLeaveTheLayer() {
        Map<String, float[]> bare = new HashMap<>();
        bare.put("skip", new float[3]);
        int inner = Math.max(1, WIDTH / 8);
        bare.put("refine.1.out.weight", new float[WIDTH * inner]);
        bare.put("refine.2.out.weight", new float[WIDTH * inner]);
        FlashDraft none = draft(WIDTH, bare, "c=2", "k=3");
        bare.remove("refine.1.out.weight");
        bare.remove("refine.2.out.weight");
        FlashDraft refining = draft(WIDTH, bare, "c=2", "k=3");
        Words words = Words.random(WIDTH);
        try (Scope ignored = Scope.inference()) {
            Lesson lesson = lesson(reading(), NEXT, new int[][] {{4, 5}, {5, 6}}, 6, 7);
            Tensor without = none.expect(words, lesson);
            SlotRows rows = SlotRows.of(new int[] {0, 1, 2, 3, 4, 5}, new int[6], new int[] {3, 4}, 3);
            Tensor tokens = none.taken(reading(), NEXT, false, words).tokens();
            Tensor entering = none.layer().slotted(tokens, rows.tokens(), rows.slots());
            int[] asking = rows.of(new int[] {3, 4});
            Tensor leaving = none.layer()
                    .leaving(
                            entering.index_select(0, Tensors.indices(asking)),
                            Arrays.stream(asking).map(r -> rows.positions()[r]).toArray(),
                            none.layer().keep(entering, rows.positions()),
                            rows.hidden(asking));
            close(Tensors.floats(without), doubles(Tensors.floats(leaving)));
            Tensor with = refining.expect(words, lesson);
            close(Tensors.floats(with.select(1, 0)), doubles(Tensors.floats(without.select(1, 0))));
            assertThat(Tensors.floats(with.select(1, 1))).isNotEqualTo(Tensors.floats(without.select(1, 1)));
        }
    }

    /** What is guessed with kept keys and values, token by token, is what all at once expects that goes by itself. */
    @ParameterizedTest
    @ValueSource(strings = {"code", "paper"})
    void guessingIsExpecting(String before) {
        FlashDraft draft = draft(WIDTH, Map.of(), "c=2", "k=3", "before=" + before);
        Words words = Words.random(WIDTH);
        int own = Lesson.OWN;
        try (Scope ignored = Scope.inference();
                Guessing guessing = draft.begin(words)) {
            Reading all = reading();
            Tensor expected =
                    draft.expect(words, lesson(all, NEXT, new int[][] {{own, own}, {own, own}, {own, own}}, 6, 7, 8));
            int[] best = Tensors.ints(words.logits(expected.view(-1, WIDTH)).argmax(new LongOptional(1), false));
            int[] steps = {7, 8, 9};
            int read = 0;
            for (int i = 0; i < steps.length; i++) {
                guessing.read(
                        new Reading(
                                all.states().narrow(0, read, steps[i] - read),
                                Arrays.copyOfRange(IDS, read, steps[i]),
                                Arrays.copyOfRange(PICTURES, read, steps[i])),
                        NEXT[steps[i] - 1]);
                read = steps[i];
                int slot = 3 * i;
                int[] said = new int[1];
                int[] guesses = guessing.guess(3, logits -> {
                    float[] wanted =
                            Tensors.floats(words.logits(expected.view(-1, WIDTH).narrow(0, slot + said[0]++, 1)));
                    close(logits, doubles(wanted));
                    return likeliest(logits);
                });
                assertThat(guesses).containsExactly(Arrays.copyOfRange(best, slot, slot + 3));
            }
        }
    }

    /** Asked for fewer, the first guesses are the same. */
    @Test
    void fewerGuessesAreTheFirst() {
        Words words = Words.random(WIDTH);
        int[] three = guesses(draft(WIDTH, Map.of(), "k=4"), words, 3);
        assertThat(three).hasSize(3);
        assertThat(guesses(draft(WIDTH, Map.of(), "k=4"), words, 1)).containsExactly(three[0]);
        assertThat(guesses(draft(WIDTH, Map.of(), "k=4", "most=2"), words, 4)).containsExactly(three[0], three[1]);
        assertThat(guesses(draft(WIDTH, Map.of(), "k=1"), words, 4)).hasSize(1);
    }

    private static int[] guesses(Draft draft, Words words, int most) {
        try (Scope ignored = Scope.inference();
                Guessing guessing = draft.begin(words)) {
            guessing.read(reading(), 5);
            return guessing.guess(most, FlashTest::likeliest);
        }
    }

    private static int likeliest(float[] logits) {
        return IntStream.range(0, logits.length)
                .reduce((a, b) -> logits[b] > logits[a] ? b : a)
                .orElseThrow();
    }

    /** What learns is what guesses: every weight has a gradient, where slots go by what they are told. */
    @Test
    void packedContinuationsAreAsAlone() {
        FlashDraft draft = draft(WIDTH, Map.of(), "c=2", "k=3");
        Words words = Words.random(WIDTH);
        try (Scope ignored = Scope.inference()) {
            Tensor states = numbers(8, 9, WIDTH);
            // A word and a picture of three, then two continuations of two and three words.
            int[] ids = {1, 9, 9, 9, 2, 3, 4, 5, 6};
            int[] pictures = {WORD, 0, 0, 0, WORD, WORD, WORD, WORD, WORD};
            int[] next = {9, 9, 9, 0, 3, 7, 5, 6, 8};
            Lesson packed = new Lesson(
                    new Reading(states, ids, pictures),
                    new int[] {0, 0, 0, 0, 1, 1, 2, 2, 2},
                    next,
                    new int[] {4, 6, 7},
                    new int[][] {{7, 8}, {6, 8}, {8, 1}});
            float[] together = Tensors.floats(draft.expect(words, packed));
            int[] second = {0, 1, 2, 3, 6, 7, 8};
            Lesson alone = lesson(
                    new Reading(
                            states.index_select(0, Tensors.indices(second)),
                            chosen(ids, second),
                            chosen(pictures, second)),
                    chosen(next, second),
                    new int[][] {{6, 8}, {8, 1}},
                    4,
                    5);
            float[] own = Tensors.floats(draft.expect(words, alone));
            close(Arrays.copyOfRange(together, 3 * WIDTH, 9 * WIDTH), doubles(own));
        }
    }

    private static int[] chosen(int[] numbers, int[] rows) {
        return Arrays.stream(rows).map(r -> numbers[r]).toArray();
    }

    @Test
    void itIsNoTechniqueThatSpendsTokens() {
        assertThat(TECHNIQUE.plans()).isFalse();
        for (Budget budget : new Budget[] {Budget.full(), Budget.count(64)}) {
            assertThatThrownBy(() -> Models.plan(TECHNIQUE, Models.SMALL, budget))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("--speculate flash");
        }
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    private static void close(float[] actual, double... expected) {
        assertThat(actual).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) actual[i]).isCloseTo(expected[i], within(1e-4));
        }
    }
}
