package dev.fovea.core.model.contrastive;

import dev.fovea.core.layer.LayerNorm;
import dev.fovea.core.model.Weights;
import dev.fovea.core.model.vision.TransformerBlock;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * The text tower of a contrastive model: a transformer in which the state of one token stands for the text.
 *
 * @param tokens {@code [vocabulary, width]}
 * @param positions {@code [context, width]}
 */
public record TextTransformer(
        TextOptions config, Tensor tokens, Tensor positions, List<TransformerBlock> blocks, LayerNorm finalNorm) {

    /** Loads the tensors under {@code w}, which stands at {@code embeddings.} and {@code layers.}. */
    public static TextTransformer load(TextOptions c, Weights w) {
        List<TransformerBlock> blocks = new ArrayList<>();
        VisionOptions.Block block = VisionOptions.Block.plain(c.activation(), c.eps());
        for (int i = 0; i < c.layers(); i++) {
            blocks.add(TransformerBlock.load(block, c.width(), c.mlpWidth(), c.heads(), w.under("layers." + i + ".")));
        }
        return new TextTransformer(
                c,
                w.tensor("embeddings.token_embedding.weight", c.vocabulary(), c.width()),
                w.tensor("embeddings.position_embedding.weight", c.contextLength(), c.width()),
                List.copyOf(blocks),
                w.layerNorm("final_layer_norm", c.width(), c.eps()));
    }

    /**
     * Pooled states of several texts of any lengths, packed.
     *
     * @param texts token ids with begin and end of text, each at most as long as the context
     * @return {@code [texts, width]}
     */
    public Tensor forward(List<int[]> texts) {
        int[] lengths = texts.stream().mapToInt(t -> t.length).toArray();
        Tensor x = embed(texts);
        for (TransformerBlock block : blocks) {
            x = block.forward(x, lengths, !config.bothWays());
        }
        int[] pooled = new int[texts.size()];
        int from = 0;
        for (int t = 0; t < pooled.length; t++) {
            pooled[t] = from + config.pooledPosition(texts.get(t));
            from += lengths[t];
        }
        return finalNorm.forward(x.index_select(0, Tensors.indices(pooled)));
    }

    private Tensor embed(List<int[]> texts) {
        int total = texts.stream().mapToInt(t -> t.length).sum();
        int[] ids = new int[total];
        int[] places = new int[total];
        int at = 0;
        for (int[] text : texts) {
            if (text.length > config.contextLength()) {
                throw new IllegalArgumentException("A text of " + text.length + " tokens is longer than the "
                        + config.contextLength() + " that this text tower reads; shorten it.");
            }
            for (int i = 0; i < text.length; i++) {
                ids[at] = text[i];
                places[at++] = i;
            }
        }
        return tokens.index_select(0, Tensors.indices(ids)).add(positions.index_select(0, Tensors.indices(places)));
    }
}
