package dev.fovea.train.objective;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.engine.TrainingPath.Prompt;
import dev.fovea.core.engine.TrainingPath.Span;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.PositionIds;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Share;
import dev.fovea.train.report.Figures;
import dev.fovea.train.text.WorldTokenizer;
import dev.fovea.world.Grading;
import dev.fovea.world.Question;
import dev.fovea.world.Skill;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.LongPredicate;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Next-token prediction of answers behind pictures, many questions to a picture. */
public final class AnswerObjective {
    /** What stands before a picture. */
    static final int[] LEADS = {WorldTokenizer.BOS, WorldTokenizer.USER};

    private static final Ledger.Grid GRID = new Ledger.Grid(16, 16);

    private final TrainingPath path;
    private final Function<long[], String> decode;

    /**
     * @param path the network
     * @param decode token ids to text, for grading
     */
    public AnswerObjective(TrainingPath path, Function<long[], String> decode) {
        this.path = path;
        this.decode = decode;
    }

    /**
     * The loss and, by skill and as {@code accuracy} over all, how many questions are answered right: every token the
     * most likely one, given the right ones before it.
     *
     * @param visual {@code [samples, visual, width]}
     * @param batch the questions
     * @param measure whether to grade answers
     */
    public Measured apply(Tensor visual, AnswerBatch batch, boolean measure) {
        return measured(logits(visual, batch), batch.targets(), measure);
    }

    /**
     * The same behind encoded pictures, which pass connector and language model under a plan. What a step sees as the
     * question is everything that is asked about the picture, and of a single question what stands before its answer;
     * positions are those that the model gives itself.
     *
     * @param pictures one per sample; the caller closes them
     * @param runs one per sample
     */
    public Measured apply(List<EncodedImage> pictures, List<PlanRun> runs, AnswerBatch batch, boolean measure) {
        return applyToParts(pictures.stream().map(List::of).toList(), runs, batch, measure);
    }

    /**
     * The same behind pictures of which each is seen as several images.
     *
     * @param pictures the images of each sample's, in the order in which its prompt shows them
     */
    public Measured applyToParts(
            List<List<EncodedImage>> pictures, List<PlanRun> runs, AnswerBatch batch, boolean measure) {
        TrainingPath.Read read = read(pictures, runs, batch);
        Measured answered = measured(read.logits(), batch.targets(), measure);
        return measure
                ? new Measured(
                        answered.loss(),
                        answered.accuracies(),
                        Map.of(Figures.TOKEN_LAYERS, tokenLayers(read.visualTokens())))
                : answered;
    }

    /** Reads what is asked about pictures of which each is seen as several images. */
    private TrainingPath.Read read(List<List<EncodedImage>> pictures, List<PlanRun> runs, AnswerBatch batch) {
        List<Prompt> prompts = new ArrayList<>();
        for (int s = 0; s < batch.samples(); s++) {
            List<Span> parts = new ArrayList<>();
            pictures.get(s).forEach(image -> parts.add(new Span.Picture(image)));
            prompts.add(prompt(batch, s, parts, runs.get(s), null, used(batch, s)));
        }
        return path.read(prompts);
    }

    /**
     * What the model expects next behind encoded pictures, wherever the batch knows it: {@code [targets, vocabulary]}.
     *
     * @param pictures one per sample
     * @param runs one per sample
     */
    public Tensor logits(List<EncodedImage> pictures, List<PlanRun> runs, AnswerBatch batch) {
        return read(pictures.stream().map(List::of).toList(), runs, batch).logits();
    }

    private static double tokenLayers(List<List<Integer>> visualTokens) {
        return visualTokens.stream()
                .mapToInt(layers -> layers.stream().mapToInt(Integer::intValue).sum())
                .average()
                .orElse(0);
    }

    /** All that is asked about a picture, as the mean of its words: what steps that look at the question see. */
    public static PlanRun.Question question(Decoder decoder, AnswerBatch batch, int sample) {
        return new PlanRun.Question(() -> new float[0], () -> {
            try (Scope scope = Scope.inference()) {
                int[] words = IntStream.range(sample * batch.text(), (sample + 1) * batch.text())
                        .filter(i -> batch.segments()[i] >= 0)
                        .map(i -> batch.tokens()[i])
                        .toArray();
                return Tensors.floats(decoder.embed(words).mean(new long[] {0}, false, new ScalarTypeOptional()));
            }
        });
    }

    /**
     * What the model expects next wherever the batch knows it: {@code [targets, vocabulary]}.
     *
     * @param visual {@code [samples, visual, width]}
     * @param batch the questions
     */
    public Tensor logits(Tensor visual, AnswerBatch batch) {
        int samples = batch.samples();
        int[] lengths = new int[samples];
        Arrays.fill(lengths, batch.visual());
        Tensor[] tokens = Tensors.split(visual.reshape(-1, visual.size(2)), 0, lengths);
        List<Prompt> prompts = new ArrayList<>();
        for (int s = 0; s < samples; s++) {
            int[] cells = Arrays.copyOfRange(batch.patches(), s * batch.visual(), (s + 1) * batch.visual());
            int[] positions = Arrays.copyOfRange(batch.positions(), s * batch.length(), (s + 1) * batch.length());
            int next = 1 + Arrays.stream(positions).max().orElse(-1);
            PositionIds.Laid laid = new PositionIds.Laid(new int[][] {positions}, next);
            Span picture = new Span.Given(tokens[s], cells, GRID);
            prompts.add(prompt(batch, s, List.of(picture), PlanRun.plain(), laid, batch.text()));
        }
        return path.logits(prompts);
    }

    /** A prompt of which is asked what the batch knows. */
    private static Prompt prompt(
            AnswerBatch batch,
            int sample,
            List<Span> picture,
            PlanRun run,
            PositionIds.@Nullable Laid positions,
            int text) {
        int first = sample * batch.length();
        int[] asked = Arrays.stream(batch.targets().rows())
                .filter(row -> row >= first && row < first + batch.length())
                .map(row -> row - first - batch.visual())
                .toArray();
        Prompt all = prompt(batch, sample, picture, run, positions, text, asked);
        return positions == null && single(batch, sample, text)
                ? new Prompt(all.spans(), run, null, null, asked, AnswerBatch.LEAD + text - 1 - asked[0])
                : all;
    }

    /** Whether a sample asks one question, and nothing follows its answer. */
    private static boolean single(AnswerBatch batch, int sample, int text) {
        int[] segments = Arrays.copyOfRange(batch.segments(), sample * batch.text(), sample * batch.text() + text);
        int[] rows = batch.targets().rows();
        long answers = IntStream.range(0, rows.length)
                .filter(i -> rows[i] / batch.length() == sample)
                .map(i -> batch.targets().answer()[i])
                .distinct()
                .count();
        return answers == 1 && Arrays.stream(segments).distinct().count() == 1;
    }

    /**
     * A picture between the beginning of the user's turn and the questions about it, which do not see each other.
     *
     * @param picture what stands for it, in one stretch or several
     * @param text how many words of the questions
     * @param asked ascending indices of the words, those before the picture counted, whose successors are asked for
     */
    static Prompt prompt(
            AnswerBatch batch,
            int sample,
            List<Span> picture,
            PlanRun run,
            PositionIds.@Nullable Laid positions,
            int text,
            int[] asked) {
        int from = sample * batch.text();
        int[] words = Arrays.copyOfRange(batch.tokens(), from, from + text);
        int[] branches = new int[AnswerBatch.LEAD + text];
        int padding = 1 + Arrays.stream(batch.segments()).max().orElse(0);
        for (int i = 0; i < text; i++) {
            int segment = batch.segments()[from + i];
            branches[AnswerBatch.LEAD + i] = segment < 0 ? padding : segment;
        }
        List<Span> spans = new ArrayList<>(List.of(new Span.Words(LEADS)));
        spans.addAll(picture);
        spans.add(new Span.Words(words));
        return new Prompt(spans, run, branches, positions, asked);
    }

    /** Words of a sample without the padding behind them. */
    static int used(AnswerBatch batch, int sample) {
        int text = batch.text();
        while (text > 0 && batch.segments()[sample * batch.text() + text - 1] < 0) {
            text--;
        }
        return text;
    }

    private Measured measured(Tensor logits, AnswerBatch.Targets targets, boolean measure) {
        Tensor each = Logits.crossEntropy(logits, targets.ids());
        Tensor weights = Tensors.of(weights(targets), targets.rows().length);
        Tensor loss = each.mul(weights).sum();
        return new Measured(loss, measure ? grade(logits, targets) : Map.of());
    }

    /** Answers of a skill count the same, however long; each token of a caption counts a tenth of a usual answer. */
    private static float[] weights(AnswerBatch.Targets targets) {
        int[] tokens = new int[targets.asked().size()];
        for (int a : targets.answer()) {
            if (a >= 0) {
                tokens[a]++;
            }
        }
        float[] w = new float[targets.answer().length];
        float sum = 0;
        for (int i = 0; i < w.length; i++) {
            int a = targets.answer()[i];
            w[i] = a >= 0 ? weight(targets.asked().get(a).skill()) / tokens[a] : 0.1f;
            sum += w[i];
        }
        for (int i = 0; i < w.length; i++) {
            w[i] /= sum;
        }
        return w;
    }

    /** Skills that need places are learned last and odd ones are rare: they count more. */
    private static float weight(Skill skill) {
        return switch (skill) {
            case LOCATION, RELATION, ODD_ONE_OUT -> 2f;
            default -> 1f;
        };
    }

    /** How many questions are answered right, by skill and over all. */
    Map<String, Share> grade(Tensor logits, AnswerBatch.Targets targets) {
        return grade(logits, targets.answer(), targets.asked(), id -> id == WorldTokenizer.EOS, decode);
    }

    /**
     * How many questions are answered right, by skill and over all.
     *
     * @param answer of each row of the logits, which answer's next word it tells, or -1
     * @param ends whether a word ends an answer
     */
    static Map<String, Share> grade(
            Tensor logits, int[] answer, List<Question> asked, LongPredicate ends, Function<long[], String> decode) {
        int[] best = Logits.likeliest(logits);
        Map<Integer, List<Long>> said = new TreeMap<>();
        for (int i = 0; i < best.length; i++) {
            int a = answer[i];
            if (a >= 0) {
                said.computeIfAbsent(a, k -> new ArrayList<>()).add((long) best[i]);
            }
        }
        Map<String, Share> shares = new TreeMap<>();
        said.forEach((a, ids) -> {
            Question q = asked.get(a);
            long[] words = ids.stream()
                    .mapToLong(Long::longValue)
                    .takeWhile(id -> !ends.test(id))
                    .toArray();
            Share share = new Share(Grading.correct(q, decode.apply(words)) ? 1 : 0, 1);
            shares.merge(q.skill().name().toLowerCase(Locale.ROOT), share, Share::plus);
            shares.merge(Figures.OVERALL, share, Share::plus);
        });
        return shares;
    }
}
