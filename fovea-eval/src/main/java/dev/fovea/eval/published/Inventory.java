package dev.fovea.eval.published;

import dev.fovea.core.model.Weights;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/** The tensors that a description asks for, found by asking it to load a model whose tensors have no memory. */
final class Inventory implements Weights {
    private final Map<String, long[]> shapes;
    private final String prefix;
    private final boolean tied;

    private Inventory(Map<String, long[]> shapes, String prefix, boolean tied) {
        this.shapes = shapes;
        this.prefix = prefix;
        this.tied = tied;
    }

    /** Shapes by canonical name. */
    static Map<String, long[]> of(Description description) {
        Map<String, long[]> shapes = new TreeMap<>();
        try (Scope scope = Scope.inference()) {
            description.load(new Inventory(shapes, "", description.text().tied()), null);
            scope.close();
        }
        return shapes;
    }

    @Override
    public DType dtype() {
        return DType.BF16;
    }

    @Override
    public Weights under(String more) {
        return new Inventory(shapes, prefix + more, tied);
    }

    /** What may be there or not: fused and turned matrices are not, a head of its own where none is shared. */
    @Override
    public boolean contains(String name) {
        String full = prefix + name;
        return full.equals("text.embed_tokens.weight")
                || full.equals("vision.post_layernorm.weight")
                || (full.equals("lm_head.weight") && !tied);
    }

    @Override
    public Tensor tensor(String name, long... shape) {
        return stored(name, shape);
    }

    @Override
    public Tensor stored(String name, long... shape) {
        shapes.put(prefix + name, shape.clone());
        return Tensors.zeros(DType.BF16, 1).expand(shape);
    }

    @Override
    public Tensor keep(Tensor tensor) {
        return tensor;
    }
}
