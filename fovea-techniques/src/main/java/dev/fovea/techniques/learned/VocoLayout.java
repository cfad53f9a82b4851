package dev.fovea.techniques.learned;

import dev.fovea.core.learned.PublishedLayout;
import dev.fovea.core.learned.PublishedWeights;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Knobs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the code of VoCo-LLaMA (arXiv 2406.12275) writes: a whole model, with the compression token behind all words in its
 * table of embeddings.
 */
final class VocoLayout implements PublishedLayout {
    private static final String EMBEDDINGS = "model.embed_tokens.weight";

    @Override
    public Map<String, String> knobs(PublishedWeights from, ModelShape shape) {
        return Map.of("rank", PublishedModel.rank(from, shape));
    }

    @Override
    public List<Piece> pieces(PublishedWeights from, ModelShape shape, Knobs knobs) {
        List<Piece> pieces = new ArrayList<>(PublishedModel.lowRank(from, shape));
        pieces.add(Piece.of("token", EMBEDDINGS, -1, shape.decoderWidth()).rows(-1, 1));
        return pieces;
    }
}
