package dev.fovea.train.objective;

import dev.fovea.core.draft.Draft;
import dev.fovea.core.draft.Lesson;
import dev.fovea.core.draft.Reading;
import dev.fovea.core.draft.Target;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Share;
import dev.fovea.train.report.Figures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A draft that learns what a model will say (FLASH, arXiv 2505.12728, equations 8 to 10, with the weights of the official
 * code): for each token of the model's own answers and each slot the smooth distance of the expected state from the one
 * that the model has there, and a tenth of the cross-entropy between what the model's head makes of both. All slots count
 * alike; those that look behind the end of an answer do not count.
 */
public final class DraftObjective {
    private static final double CLASSES = 0.1;
    private static final double NOISE = 0.2;
    private static final double NOISE_LENGTH = 512;
    private static final long SEED = 0x5EED_F1A5L;

    private final OwnAnswers answers;
    private final Draft draft;
    private final Target target;

    /**
     * @param model stands still
     * @param draft learns
     * @param most questions about a picture that are learned from
     * @param longest answer that is learned from, in tokens
     */
    public DraftObjective(ModelParts model, Draft draft, int most, int longest) {
        this.answers = new OwnAnswers(model, most, longest);
        this.draft = draft;
        this.target = Target.of(model.decoder());
    }

    /**
     * The mean loss over tokens and slots. Measured are the shares of tokens that each {@code slot} and all together have
     * right, and how much of what could be guessed stands {@code in_a_row}: behind a wrong guess nothing counts.
     *
     * @param own how likely a slot goes by the guess before it and not by the right word
     * @param noise whether the states that the draft reads are blurred, as while it learns
     * @param measure whether to say how many guesses are right
     */
    public Measured apply(AnswerBatch batch, double own, boolean noise, boolean measure) {
        SplittableRandom random = new SplittableRandom(SEED ^ (batch.number() * 0x9E3779B97F4A7C15L));
        List<Tensor> expected = new ArrayList<>();
        List<Tensor> known = new ArrayList<>();
        List<int[]> reach = new ArrayList<>();
        for (OwnAnswers.Shown shown : answers.to(batch)) {
            Packed packed = new Packed(shown);
            if (packed.asked().length > 0) {
                Lesson lesson = packed.lesson(own, noise, random);
                Tensor all = draft.expect(target, lesson);
                expected.add(all.view(-1, all.size(2)).index_select(0, Tensors.indices(packed.known())));
                known.add(packed.states().index_select(0, Tensors.indices(packed.aims())));
                reach.add(packed.reach());
            }
        }
        if (expected.isEmpty()) {
            return new Measured(nothing(), Map.of());
        }
        return measured(
                Tensors.cat(0, expected.toArray(Tensor[]::new)),
                Tensors.cat(0, known.toArray(Tensor[]::new)),
                reach.stream().flatMapToInt(Arrays::stream).toArray(),
                measure);
    }

    /** Where every answer ends at once: a loss that teaches nothing. */
    private static Tensor nothing() {
        return Tensors.zeros(DType.F32).requires_grad_(true).sum();
    }

    /**
     * @param expected {@code [pairs, width]}
     * @param known {@code [pairs, width]}
     * @param reach for each token how many slots were asked: pairs of one token follow each other
     */
    private Measured measured(Tensor expected, Tensor known, int[] reach, boolean measure) {
        Tensor said = target.logits(expected);
        Tensor truth = truth(known);
        Tensor crossEntropy = Tensors.softmax(truth)
                .mul(Tensors.logSoftmax(said))
                .sum(new long[] {1}, false, new ScalarTypeOptional())
                .mean()
                .neg();
        Tensor loss = distance(expected, known).add(Tensors.scale(crossEntropy, CLASSES));
        return new Measured(loss, measure ? shares(Logits.likeliest(said), Logits.likeliest(truth), reach) : Map.of());
    }

    private Tensor truth(Tensor known) {
        try (Scope scope = Scope.inference()) {
            return scope.keep(target.logits(known));
        }
    }

    /** Half the square of a difference up to 1, its size less a half beyond: the mean over all numbers. */
    static Tensor distance(Tensor expected, Tensor known) {
        Tensor away = expected.sub(known).abs();
        Tensor near = torch.clamp_max(away, new Scalar(1.0));
        return near.mul(away.sub(Tensors.scale(near, 0.5))).mean();
    }

    private static Map<String, Share> shares(int[] said, int[] truth, int[] reach) {
        Map<String, Share> shares = new TreeMap<>();
        int pair = 0;
        for (int slots : reach) {
            boolean allRight = true;
            for (int slot = 0; slot < slots; slot++, pair++) {
                boolean right = said[pair] == truth[pair];
                allRight &= right;
                add(shares, Figures.OVERALL, right);
                add(shares, "slot_" + (slot + 1), right);
                add(shares, "in_a_row", allRight);
            }
        }
        return shares;
    }

    private static void add(Map<String, Share> shares, String name, boolean right) {
        shares.merge(name, new Share(right ? 1 : 0, 1), Share::plus);
    }

    /** A picture's answers packed behind it. */
    private final class Packed {
        private final OwnAnswers.Shown shown;
        private final List<int[]> asked = new ArrayList<>();
        private final int count;

        Packed(OwnAnswers.Shown shown) {
            this.shown = shown;
            int from = shown.front().count();
            for (OwnAnswers.Answer answer : shown.answers()) {
                int words = answer.words().count();
                // From the last word of the question on, as far as there is a state behind.
                for (int t = answer.question() - 1; t < words - 1; t++) {
                    asked.add(new int[] {from + t, Math.min(draft.slots(), words - 1 - t)});
                }
                from += words;
            }
            count = from;
        }

        /** Tokens from which is guessed. */
        int[] asked() {
            return asked.stream().mapToInt(a -> a[0]).toArray();
        }

        /** For each of them how many states behind it are known, at most one for each slot. */
        int[] reach() {
            return asked.stream().mapToInt(a -> a[1]).toArray();
        }

        /** Among all slots of the asked tokens those whose states are known. */
        int[] known() {
            int[] reach = reach();
            return IntStream.range(0, reach.length)
                    .flatMap(i -> IntStream.range(0, reach[i]).map(slot -> i * draft.slots() + slot))
                    .toArray();
        }

        /** The tokens whose states these are. */
        int[] aims() {
            return asked.stream()
                    .flatMapToInt(a -> IntStream.rangeClosed(a[0] + 1, a[0] + a[1]))
                    .toArray();
        }

        Tensor states() {
            Tensor[] parts = new Tensor[1 + shown.answers().size()];
            parts[0] = tensor(shown.front());
            for (int a = 1; a < parts.length; a++) {
                parts[a] = tensor(shown.answers().get(a - 1).words());
            }
            return Tensors.cat(0, parts);
        }

        private Tensor tensor(OwnAnswers.Read read) {
            return Tensors.of(read.states(), read.count(), read.states().length / read.count());
        }

        Lesson lesson(double own, boolean noise, SplittableRandom random) {
            int[] ids = new int[count];
            int[] next = new int[count];
            int[] groups = new int[count];
            int[] pictures = new int[count];
            Arrays.fill(pictures, Reading.WORD);
            int from = shown.front().count();
            System.arraycopy(shown.front().eachId(), 0, ids, 0, from);
            System.arraycopy(ids, 1, next, 0, from - 1);
            System.arraycopy(shown.pictures(), 0, pictures, 0, from);
            for (int a = 0; a < shown.answers().size(); a++) {
                OwnAnswers.Answer answer = shown.answers().get(a);
                for (int w = 0; w < answer.words().count(); w++) {
                    ids[from] = answer.words().ids()[w];
                    next[from] = answer.behind(w);
                    groups[from++] = a + 1;
                }
            }
            Tensor states = noise ? blurred(states(), random) : states();
            return new Lesson(new Reading(states, ids, pictures), groups, next, asked(), told(next, own, random));
        }

        /** Noise of the published size, for a prompt as long as those here are with one answer. */
        private Tensor blurred(Tensor states, SplittableRandom random) {
            int answers = Math.max(1, shown.answers().size());
            double length =
                    shown.front().count() + (double) (count - shown.front().count()) / answers;
            float[] noise = new float[Math.toIntExact(states.numel())];
            double size = NOISE * NOISE_LENGTH / length;
            for (int i = 0; i < noise.length; i++) {
                noise[i] = (float) ((random.nextDouble() - 0.5) * size);
            }
            return states.add(Tensors.of(noise, Tensors.shape(states)));
        }

        /** The token whose state each slot expects; a slot goes by its own guess at all tokens or at none. */
        private int[][] told(int[] next, double own, SplittableRandom random) {
            int slots = draft.slots();
            boolean[] byItself = new boolean[slots];
            for (int slot = 1; slot < slots; slot++) {
                byItself[slot] = random.nextDouble() < own;
            }
            int[][] told = new int[asked.size()][Math.max(0, slots - 1)];
            for (int i = 0; i < told.length; i++) {
                int reach = asked.get(i)[1];
                for (int slot = 1; slot < slots; slot++) {
                    // Slots that nobody looks at are told anything.
                    int token = slot < reach ? next[asked.get(i)[0] + slot] : 0;
                    told[i][slot - 1] = byItself[slot] ? Lesson.OWN : token;
                }
            }
            return told;
        }
    }
}
