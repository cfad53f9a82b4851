package dev.fovea.eval.classify;

import dev.fovea.core.DualEncoder;
import dev.fovea.core.path.Matrix;
import dev.fovea.techniques.primitives.Vectors;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The classes that pictures are sorted into, and the texts that stand for each.
 *
 * @param labels at least two, all different
 * @param texts for each label at least one text, as a caption of such a picture would read
 */
public record ClassTexts(List<String> labels, List<List<String>> texts) {
    /** Where a template takes the label. */
    public static final String SLOT = "{}";

    private static final int BATCH = 256;

    /** @throws IllegalArgumentException with one sentence if the labels are too few, empty or not all different */
    public ClassTexts {
        labels = List.copyOf(labels);
        texts = texts.stream().map(List::copyOf).toList();
        if (labels.size() < 2) {
            throw new IllegalArgumentException(
                    labels.isEmpty()
                            ? "There are no labels to choose from; give at least two."
                            : "There is only one label to choose from, '" + labels.getFirst()
                                    + "'; give at least two.");
        }
        Set<String> seen = new HashSet<>();
        for (String label : labels) {
            if (label.isBlank()) {
                throw new IllegalArgumentException("A label is empty; leave it out or give it a name.");
            }
            if (!seen.add(label)) {
                throw new IllegalArgumentException("The label '" + label + "' is given twice; give it once.");
            }
        }
        if (texts.size() != labels.size() || texts.stream().anyMatch(List::isEmpty)) {
            throw new IllegalArgumentException("Every label needs at least one text.");
        }
    }

    /**
     * The texts of templates such as {@code a photo of a {}.}, each filled with every label.
     *
     * @throws IllegalArgumentException with one sentence if there is no template or one lacks its {@code {}}
     */
    public static ClassTexts of(List<String> labels, List<String> templates) {
        for (String template : templates) {
            if (!template.contains(SLOT)) {
                throw new IllegalArgumentException("The template '" + template + "' has no " + SLOT
                        + " for the label; write it as in 'a photo of a {}.'.");
            }
        }
        return new ClassTexts(
                labels,
                labels.stream()
                        .map(label -> templates.stream()
                                .map(template -> template.replace(SLOT, label))
                                .toList())
                        .toList());
    }

    /**
     * One point in the shared space for every class: the mean of its texts' directions, or the only text itself, whose
     * length does not matter to a cosine.
     *
     * @return {@code [classes, projection]}
     */
    public Matrix embed(DualEncoder clip) {
        List<String> all = texts.stream().flatMap(List::stream).toList();
        List<float[]> embedded = new ArrayList<>();
        for (int from = 0; from < all.size(); from += BATCH) {
            Matrix some = clip.embedTexts(all.subList(from, Math.min(all.size(), from + BATCH)));
            for (int row = 0; row < some.rows(); row++) {
                embedded.add(some.row(row));
            }
        }
        float[][] classes = new float[labels.size()][];
        int from = 0;
        for (int c = 0; c < classes.length; c++) {
            int count = texts.get(c).size();
            classes[c] = count == 1 ? embedded.get(from) : meanDirection(embedded.subList(from, from + count));
            from += count;
        }
        return Matrix.of(classes);
    }

    private static float[] meanDirection(List<float[]> vectors) {
        float[] mean = new float[vectors.getFirst().length];
        for (float[] vector : vectors) {
            float scale = 1 / (Vectors.norm(vector) * vectors.size());
            for (int i = 0; i < mean.length; i++) {
                mean[i] += scale * vector[i];
            }
        }
        return mean;
    }
}
