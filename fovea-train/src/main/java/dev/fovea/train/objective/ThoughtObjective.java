package dev.fovea.train.objective;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.engine.TrainingPath.Prompt;
import dev.fovea.core.engine.TrainingPath.Span;
import dev.fovea.core.learned.Predictor;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Part;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Share;
import dev.fovea.train.objective.ThoughtText.Form;
import dev.fovea.train.objective.ThoughtText.Held;
import dev.fovea.train.objective.ThoughtText.Target;
import dev.fovea.train.objective.ThoughtText.Written;
import dev.fovea.train.text.WorldTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Answers behind thoughts, and what states of the thoughts hold (CoVT, arXiv 2511.19418, equation 4): cross-entropy of the
 * words of every response, and losses of the heads that read the states behind the final norm, once each word of a group
 * has been read.
 */
public final class ThoughtObjective {

    /**
     * How thoughts are learned.
     *
     * @param losses of the heads
     * @param gamma their weight; 0 for none
     * @param alike whether every word of a response counts the same; else every answer does, and every thought as one
     * @param sentences whether thoughts name what they are about
     */
    public record Settings(ThoughtLosses losses, double gamma, boolean alike, boolean sentences) {}

    private final ModelParts plain;
    private final Function<PlanRun, ModelParts> network;
    private final Plan plan;
    private final Map<String, Predictor> heads;
    private final Weights own;
    private final Settings settings;
    private final Function<String, int[]> encode;
    private final Function<long[], String> decode;

    /**
     * @param plain the untouched model, which tells heads what the picture looks like
     * @param network makes the network that learns, once a batch, with the weights of the plan
     * @param plan has the model think
     * @param heads by the names of groups, and {@code expert} for what features are held against
     * @param own weights of the heads
     * @param encode token ids of a text
     * @param decode token ids to text, for grading
     */
    public ThoughtObjective(
            ModelParts plain,
            Function<PlanRun, ModelParts> network,
            Plan plan,
            Map<String, Predictor> heads,
            Weights own,
            Settings settings,
            Function<String, int[]> encode,
            Function<long[], String> decode) {
        this.plain = plain;
        this.network = network;
        this.plan = plan;
        this.heads = new LinkedHashMap<>(heads);
        this.own = own;
        this.settings = settings;
        this.encode = encode;
        this.decode = decode;
    }

    /**
     * The loss; how many questions are answered right, and, where heads are asked, how far masks overlap the objects
     * ({@code mask_overlap}) and how far nearness and edges are off ({@code depth_error}, {@code edge_error}).
     *
     * @param form what stands behind each picture
     * @param visual whether the heads count
     * @param measure whether to grade answers and heads
     */
    public Measured apply(AnswerBatch batch, Form form, boolean visual, boolean measure) {
        PlanRun run = PlanRun.of(plan, PlanRun.Question.none(), null);
        ModelParts net = network.apply(run);
        List<PlanRun> runs = Collections.nCopies(batch.samples(), run);
        List<EncodedImage> pictures = run.ofEncoder(new Part.Whole()).isEmpty()
                ? FrozenEncoder.encode(plain, batch, runs)
                : FrozenEncoder.encodeMoving(net, batch, runs);
        try {
            Reading reading = new Reading(batch, net, form, run, pictures);
            Tensor words = reading.crossEntropy();
            Map<String, Share> shares = new TreeMap<>(measure ? reading.graded() : Map.of());
            boolean asked = visual && settings.gamma > 0 && reading.thinks();
            Tensor loss =
                    asked ? words.add(Tensors.scale(reading.seen(measure ? shares : null), settings.gamma)) : words;
            return new Measured(loss, shares);
        } finally {
            pictures.forEach(EncodedImage::close);
        }
    }

    /** One batch, as it was read. */
    private final class Reading {
        private final AnswerBatch batch;
        private final List<Written> written = new ArrayList<>();
        private final List<Map<Integer, Integer>> rows = new ArrayList<>();
        private final ModelParts net;
        private final TrainingPath.Read read;

        Reading(AnswerBatch batch, ModelParts net, Form form, PlanRun run, List<EncodedImage> pictures) {
            this.batch = batch;
            this.net = net;
            ThoughtText text = new ThoughtText(run.wording(), plain.shape().vocabulary(), settings.sentences, encode);
            List<Prompt> prompts = new ArrayList<>();
            int row = 0;
            for (int s = 0; s < batch.samples(); s++) {
                Written w = text.of(batch, s, form);
                written.add(w);
                TreeSet<Integer> asked = new TreeSet<>();
                w.targets().forEach(t -> asked.add(t.at()));
                w.held().forEach(h -> Arrays.stream(h.at()).forEach(asked::add));
                Map<Integer, Integer> place = new HashMap<>();
                for (int at : asked) {
                    place.put(at, row++);
                }
                rows.add(place);
                prompts.add(prompt(w, asked, run, pictures.get(s)));
            }
            read = TrainingPath.of(net).read(prompts);
        }

        private Prompt prompt(Written w, TreeSet<Integer> asked, PlanRun run, EncodedImage picture) {
            int[] branches = new int[AnswerBatch.LEAD + w.words().size()];
            for (int i = 0; i < w.branches().size(); i++) {
                branches[AnswerBatch.LEAD + i] = w.branches().get(i);
            }
            List<Span> spans = List.of(
                    new Span.Words(AnswerObjective.LEADS),
                    new Span.Picture(picture),
                    new Span.Words(w.words().stream().mapToInt(i -> i).toArray()));
            return new Prompt(
                    spans,
                    run,
                    branches,
                    null,
                    asked.stream().mapToInt(at -> AnswerBatch.LEAD + at).toArray());
        }

        boolean thinks() {
            return written.stream().anyMatch(w -> !w.held().isEmpty());
        }

        private int row(int sample, int at) {
            return Objects.requireNonNull(rows.get(sample).get(at));
        }

        /** The words that are learned, those of one picture after those of the one before. */
        private int[] ofTargets() {
            return IntStream.range(0, written.size())
                    .flatMap(s -> written.get(s).targets().stream().mapToInt(t -> row(s, t.at())))
                    .toArray();
        }

        private List<Target> targets() {
            return written.stream().flatMap(w -> w.targets().stream()).toList();
        }

        Tensor crossEntropy() {
            List<Target> targets = targets();
            Tensor logits = read.logits().index_select(0, Tensors.indices(ofTargets()));
            Tensor each = Logits.crossEntropy(
                    logits, targets.stream().mapToInt(Target::id).toArray());
            return each.mul(Tensors.of(weights(), targets.size())).sum();
        }

        /** Shares of a whole: of all words alike, or of answers and thoughts alike, however long. */
        private float[] weights() {
            List<double[]> all = new ArrayList<>();
            for (Written w : written) {
                Map<List<Integer>, Integer> lengths = new HashMap<>();
                w.targets().forEach(t -> lengths.merge(unit(t), 1, Integer::sum));
                w.targets()
                        .forEach(t -> all.add(
                                new double[] {settings.alike ? 1 : 1.0 / Objects.requireNonNull(lengths.get(unit(t)))
                                }));
            }
            double sum = all.stream().mapToDouble(w -> w[0]).sum();
            float[] weights = new float[all.size()];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = (float) (all.get(i)[0] / sum);
            }
            return weights;
        }

        private List<Integer> unit(Target t) {
            return List.of(t.response(), t.answer() < 0 ? 0 : 1);
        }

        Map<String, Share> graded() {
            List<Target> targets = targets();
            return AnswerObjective.grade(
                    read.logits().index_select(0, Tensors.indices(ofTargets())),
                    targets.stream().mapToInt(Target::answer).toArray(),
                    batch.targets().asked(),
                    id -> id == WorldTokenizer.EOS || id >= plain.shape().vocabulary(),
                    decode);
        }

        /** The sum over kinds of the mean over thoughts. */
        Tensor seen(@Nullable Map<String, Share> shares) {
            List<Experts> experts = Experts.of(plain, batch);
            Tensor states = Tensors.to(net.decoder().norm().forward(read.states()), DType.F32);
            Map<String, List<Tensor>> losses = new LinkedHashMap<>();
            for (int s = 0; s < written.size(); s++) {
                for (Held held : written.get(s).held()) {
                    int sample = s;
                    int[] at = Arrays.stream(held.at()).map(i -> row(sample, i)).toArray();
                    Tensor thought = states.index_select(0, Tensors.indices(at));
                    losses.computeIfAbsent(held.name(), k -> new ArrayList<>())
                            .add(loss(held.name(), thought, experts.get(s), shares));
                }
            }
            Tensor[] means = losses.values().stream()
                    .map(l -> torch.stack(new TensorVector(l.toArray(Tensor[]::new)))
                            .mean())
                    .toArray(Tensor[]::new);
            return torch.stack(new TensorVector(means)).sum();
        }

        private Tensor loss(String head, Tensor thought, Experts truth, @Nullable Map<String, Share> shares) {
            Tensor said = Objects.requireNonNull(heads.get(head)).predict(own, truth.inputs(head, thought));
            ModelShape shape = plain.shape();
            switch (head) {
                case "seg" -> {
                    Tensor masks = truth.enlarged(said, shape.gridRows(), shape.gridCols());
                    if (shares != null) {
                        ThoughtLosses.overlaps(masks, truth.masks()).forEach(o -> add(shares, "mask_overlap", o));
                    }
                    return settings.losses.masks(masks, truth.masks());
                }
                case "depth" -> {
                    Tensor near = truth.enlarged(said, shape.gridRows(), shape.gridCols());
                    Tensor off = ThoughtLosses.distance(near, truth.nearness());
                    if (shares != null) {
                        add(shares, "depth_error", off.item_float());
                    }
                    return Tensors.scale(off, settings.losses.ofDepth());
                }
                case "edge" -> {
                    Tensor off = ThoughtLosses.distance(said.reshape(-1), truth.edges());
                    if (shares != null) {
                        add(shares, "edge_error", off.item_float());
                    }
                    return off;
                }
                default -> {
                    Tensor aim = Objects.requireNonNull(heads.get("expert"))
                            .predict(own, truth.states().getLast());
                    return Tensors.scale(ThoughtLosses.squares(said, aim), settings.losses.ofFeatures());
                }
            }
        }

        /** A mean of numbers in a form that can be added up over batches: to a ten-thousandth. */
        private static void add(Map<String, Share> shares, String name, double value) {
            shares.merge(name, new Share(Math.round(1e4 * value), 10_000), Share::plus);
        }
    }
}
