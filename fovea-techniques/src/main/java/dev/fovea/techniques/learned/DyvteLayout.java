package dev.fovea.techniques.learned;

import dev.fovea.core.learned.PublishedLayout;
import dev.fovea.core.learned.PublishedWeights;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Knobs;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What the code of DyVTE (arXiv 2411.19628) writes: a gate to every layer of a language model that stood still. */
final class DyvteLayout implements PublishedLayout {
    private static final String AT = "model.visual_gates_router.";

    @Override
    public Map<String, String> knobs(PublishedWeights from, ModelShape shape) {
        return Map.of("width", Long.toString(from.sizes(AT + "0.w1.weight", 2)[0]));
    }

    @Override
    public List<Piece> pieces(PublishedWeights from, ModelShape shape, Knobs knobs) {
        int width = Dyvte.width(shape, knobs);
        return IntStream.range(0, shape.decoderLayers())
                .boxed()
                .flatMap(layer -> Stream.of(
                        Piece.of(
                                Dyvte.name(layer) + ".hidden.weight",
                                AT + layer + ".w1.weight",
                                width,
                                2L * shape.decoderWidth()),
                        Piece.of(Dyvte.name(layer) + ".out.weight", AT + layer + ".w2.weight", 2, width)))
                .toList();
    }
}
