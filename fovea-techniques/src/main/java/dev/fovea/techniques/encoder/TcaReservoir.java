package dev.fovea.techniques.encoder;

import dev.fovea.core.path.Matrix;
import dev.fovea.core.technique.Adaptation;
import dev.fovea.techniques.primitives.Entropy;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The reservoir of TCA (arXiv 2410.14729): per class the CLS trajectories of a few confident past images. Immutable;
 * {@link #with} returns the next state, which belongs to the stream of images being classified.
 */
public final class TcaReservoir implements Adaptation {
    private static final String ANCHORS = "tca.anchors.";
    private static final Matrix NOTHING = new Matrix(0, 0, new float[0]);

    /**
     * How the reservoir works, with the published names.
     *
     * @param capacity M, most items per class
     * @param layerScale temperature of the layer weights
     * @param lambda weight of the correction
     * @param beta sharpness of the similarity
     * @param evictBySimilarity add the mean similarity to the entropy when choosing what to evict (official code) or
     *     evict the largest entropy (paper)
     */
    public record Settings(int capacity, double layerScale, double lambda, double beta, boolean evictBySimilarity) {
        public Settings {
            if (capacity < 1 || !(layerScale > 0)) {
                throw new IllegalArgumentException("A reservoir needs a capacity of at least 1 and a layer scale above "
                        + "0, got " + capacity + " and " + layerScale + ".");
            }
        }
    }

    /**
     * One remembered image.
     *
     * @param entropy of its prediction, in nats
     * @param trajectory CLS states after every block, {@code [layers, width]}
     */
    public record Item(double entropy, Matrix trajectory) {}

    private final Settings settings;
    private final List<List<Item>> classes;

    private TcaReservoir(Settings settings, List<List<Item>> classes) {
        this.settings = settings;
        this.classes = classes;
    }

    /** An empty reservoir. */
    public static TcaReservoir empty(int classes, Settings settings) {
        List<List<Item>> all = new ArrayList<>();
        for (int c = 0; c < classes; c++) {
            all.add(List.of());
        }
        return new TcaReservoir(settings, List.copyOf(all));
    }

    /** The name of the anchors' states behind an encoder block, see {@link #remembered}. */
    static String anchorsBehind(int block) {
        return ANCHORS + block;
    }

    /**
     * The anchors, {@code [classes, width]}: per class the mean state of its images behind a block; without rows while
     * any class remembers fewer than two images.
     */
    @Override
    public Matrix remembered(String name) {
        boolean early = classes.stream().anyMatch(items -> items.size() < 2);
        if (early || !name.startsWith(ANCHORS)) {
            return NOTHING;
        }
        int block = Integer.parseInt(name.substring(ANCHORS.length()));
        float[][] anchors = new float[classes.size()][];
        for (int c = 0; c < anchors.length; c++) {
            anchors[c] = mean(classes.get(c), block);
        }
        return Matrix.of(anchors);
    }

    private static float[] mean(List<Item> items, int block) {
        float[] mean = items.getFirst().trajectory().row(block);
        for (Item item : items.subList(1, items.size())) {
            float[] row = item.trajectory().row(block);
            for (int i = 0; i < mean.length; i++) {
                mean[i] += row[i];
            }
        }
        for (int i = 0; i < mean.length; i++) {
            mean[i] /= items.size();
        }
        return mean;
    }

    /** Remembers the image first, so that it usually supports its own prediction, and corrects its logits then. */
    @Override
    public Adapted after(float[] logits, Matrix trajectory) {
        TcaReservoir next = with(logits, trajectory);
        float[] corrected = next.correction(trajectory);
        for (int c = 0; c < corrected.length; c++) {
            corrected[c] += logits[c];
        }
        return new Adapted(corrected, next);
    }

    /** What is remembered of a class, by rising entropy. */
    public List<Item> items(int label) {
        return classes.get(label);
    }

    /**
     * Remembers an image under its predicted class, the largest logit.
     *
     * @param logits {@code [classes]}
     * @param trajectory {@code [layers, width]}
     */
    public TcaReservoir with(float[] logits, Matrix trajectory) {
        int label = TopK.best(logits);
        List<Item> items = new ArrayList<>(classes.get(label));
        items.add(new Item(Entropy.ofLogits(logits), trajectory));
        if (items.size() > settings.capacity) {
            items.remove(evicted(items));
        }
        items.sort(Comparator.comparingDouble(Item::entropy));
        List<List<Item>> next = new ArrayList<>(classes);
        next.set(label, List.copyOf(items));
        return new TcaReservoir(settings, List.copyOf(next));
    }

    private int evicted(List<Item> items) {
        List<float[]> means = items.stream().map(i -> layerMean(i.trajectory())).toList();
        int worst = 0;
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < items.size(); i++) {
            double score = items.get(i).entropy();
            for (int j = 0; settings.evictBySimilarity && j < items.size(); j++) {
                score += i == j ? 0 : Vectors.cosine(means.get(i), means.get(j)) / (double) (items.size() - 1);
            }
            if (score > most) {
                most = score;
                worst = i;
            }
        }
        return worst;
    }

    private static float[] layerMean(Matrix trajectory) {
        float[] mean = new float[trajectory.cols()];
        for (int l = 0; l < trajectory.rows(); l++) {
            for (int c = 0; c < mean.length; c++) {
                mean[c] += trajectory.data()[l * mean.length + c] / trajectory.rows();
            }
        }
        return mean;
    }

    /** Which anchor is most like a CLS state: the largest cosine. */
    static int nearest(Matrix anchors, float[] cls) {
        return TopK.best(Vectors.cosines(anchors, cls));
    }

    /** What is added to the logits: {@code lambda * sum exp(-beta (1 - a))} over the items of every class. */
    public float[] correction(Matrix trajectory) {
        double[] weights = layerWeights(trajectory.rows(), settings.layerScale);
        float[] out = new float[classes.size()];
        for (int c = 0; c < out.length; c++) {
            double sum = 0;
            for (Item item : classes.get(c)) {
                double similarity = 0;
                for (int l = 0; l < weights.length; l++) {
                    similarity += weights[l]
                            * Vectors.cosine(
                                    trajectory.row(l), item.trajectory().row(l));
                }
                sum += Math.exp(-settings.beta * (1 - similarity));
            }
            out[c] = (float) (settings.lambda * sum);
        }
        return out;
    }

    /** Softmax of {@code linspace(0, 1, layers) / scale}: later layers weigh more. */
    static double[] layerWeights(int layers, double scale) {
        double[] weights = new double[layers];
        double sum = 0;
        for (int l = 0; l < layers; l++) {
            weights[l] = Math.exp(((layers == 1 ? 0 : (double) l / (layers - 1)) - 1) / scale);
            sum += weights[l];
        }
        for (int l = 0; l < layers; l++) {
            weights[l] /= sum;
        }
        return weights;
    }
}
