package dev.fovea.core.learned;

import dev.fovea.core.learned.PublishedLayout.Piece;
import dev.fovea.core.message.Printable;
import dev.fovea.core.model.Weights;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/** Makes a technique's weights of those that its authors published. */
final class PublishedLoader {
    private static final long SEED = 1;

    /** Values of one origin in f16 and bf16 are apart by no more than this share of them. */
    private static final double ROUNDING = 1.0 / 256;

    private static final double SMALLEST = 1e-6;

    private final LearnedTechnique technique;
    private final ModelShape shape;
    private final Weights model;

    /** Weights in memory, and the knobs that they go with. */
    record Loaded(OwnWeights weights, Knobs knobs) {}

    PublishedLoader(LearnedTechnique technique, ModelShape shape, Weights model) {
        this.technique = technique;
        this.shape = shape;
        this.model = model;
    }

    /**
     * @param set knobs that were set, unchecked
     * @throws CheckpointException with one sentence if something is missing or does not fit
     */
    Loaded load(Path folder, PublishedLayout layout, Map<String, String> set) {
        try (PublishedWeights from = PublishedWeights.open(folder);
                Scope ignored = Scope.inference()) {
            Map<String, String> values = new LinkedHashMap<>(layout.knobs(from, shape));
            values.putAll(set);
            Knobs knobs = Knobs.of(technique.card(), values);
            requireSameLanguageModel(from);
            return new Loaded(of(from, layout.pieces(from, shape, knobs), knobs), knobs);
        }
    }

    private OwnWeights of(PublishedWeights from, List<Piece> pieces, Knobs knobs) {
        Map<String, Piece> byName = new LinkedHashMap<>();
        pieces.forEach(piece -> byName.put(piece.name(), piece));
        Set<String> left = new HashSet<>(byName.keySet());
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (Declaration.Parameter p : technique.declaration(shape, knobs).parameters()) {
            Piece piece = byName.get(p.name());
            left.remove(p.name());
            tensors.put(p.name(), piece == null ? Tensors.of(p.initial(SEED), p.sizes()) : taken(from, piece, p));
        }
        if (!left.isEmpty()) {
            throw new IllegalStateException("The published layout of '"
                    + technique.card().id() + "' places " + left + ", which the technique does not declare");
        }
        return OwnWeights.copyOf(technique.card().id(), tensors);
    }

    private Tensor taken(PublishedWeights from, Piece piece, Declaration.Parameter p) {
        int dims = piece.shape().size();
        long[] sizes = from.sizes(piece.theirs(), dims);
        boolean fits = Stream.iterate(0, i -> i < dims, i -> i + 1)
                .allMatch(i -> sizes[i] == piece.shape().get(i)
                        || (i == 0 && piece.shape().get(i) < 0));
        long first = piece.first() < 0 ? sizes[0] + piece.first() : piece.first();
        long rows = piece.rows() == 0 ? sizes[0] : piece.rows();
        if (!fits || first < 0 || first + rows > sizes[0] || rows * product(sizes) / sizes[0] != p.size()) {
            throw new CheckpointException("Tensor '" + Printable.of(piece.theirs()) + "' in "
                    + from.file(piece.theirs())
                    + " has shape " + Arrays.toString(sizes) + ", but technique '"
                    + technique.card().id()
                    + "' needs it for this model with shape " + piece.shape() + " for its own '" + p.name() + "'");
        }
        Tensor values = Tensors.to(from.tensor(piece.theirs()).reshape(sizes).narrow(0, first, rows), DType.F32)
                .reshape(p.sizes());
        Tensor scaled = piece.scale() == 1 ? values : Tensors.scale(values, piece.scale());
        return piece.difference() ? scaled.sub(Tensors.to(model.stored(p.name(), p.sizes()), DType.F32)) : scaled;
    }

    private static long product(long[] sizes) {
        return Arrays.stream(sizes).reduce(1, Math::multiplyExact);
    }

    /**
     * A checkpoint of a whole model was trained with the language model in it: with another one beside it a technique's own
     * weights mean nothing. Queries of the last layer tell one from another.
     */
    private void requireSameLanguageModel(PublishedWeights from) {
        String last = "layers." + (shape.decoderLayers() - 1) + ".self_attn.q_proj.weight";
        if (!from.contains("model." + last)) {
            return;
        }
        long[] sizes = from.sizes("model." + last, 2);
        boolean same = model.contains("text." + last)
                && sizes[0] == shape.decoderQueryWidth()
                && sizes[1] == shape.decoderWidth();
        if (same) {
            Tensor own = Tensors.to(model.stored("text." + last, sizes), DType.F32);
            Tensor theirs = Tensors.to(from.tensor("model." + last).reshape(sizes), DType.F32);
            Tensor apart = own.sub(theirs).abs().sub(Tensors.scale(own.abs(), ROUNDING));
            same = apart.max().item_double() <= SMALLEST;
        }
        if (!same) {
            throw new CheckpointException(
                    "The weights of technique '" + technique.card().id() + "' in " + from.folder()
                            + " were trained with the language model that lies beside them, and this model's is another; convert"
                            + " that checkpoint to the layout of transformers, and open it as the model");
        }
    }
}
