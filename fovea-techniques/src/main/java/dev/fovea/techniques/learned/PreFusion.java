package dev.fovea.techniques.learned;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.layer.GatedMlp;
import dev.fovea.core.layer.PackedAttention;
import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.model.Weights;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Modality pre-fusion (LLaVA-Mini, arXiv 2501.03895, section 4.2): a few decoder layers of the language model's own sizes,
 * in Llama's form, in which words read a picture before they enter the language model. Causal, no norm behind the last.
 *
 * @param shape of the model
 * @param layers how many; 0 leaves everything as it is
 * @param theta base of the rotary positions
 */
record PreFusion(ModelShape shape, int layers, double theta) {
    private static final double EPS = 1e-5;
    private static final double STD = 0.02;

    private static String at(int layer) {
        return "prefusion_layers." + layer + ".";
    }

    /** Declares the layers; each starts as the model's own layer of its number. */
    void declare(Declaration.Builder to) {
        for (int i = 0; i < layers; i++) {
            String model = "text.layers." + i + ".";
            for (String norm : new String[] {"input_layernorm", "post_attention_layernorm"}) {
                to.copiedRmsNorm(at(i) + norm, model + norm + ".weight", width());
            }
            copy(to, i, "self_attn.q_proj.weight", shape.decoderQueryWidth(), width());
            copy(to, i, "self_attn.k_proj.weight", shape.decoderKeyWidth(), width());
            copy(to, i, "self_attn.v_proj.weight", shape.decoderKeyWidth(), width());
            copy(to, i, "self_attn.o_proj.weight", width(), shape.decoderQueryWidth());
            copy(to, i, "mlp.gate_proj.weight", shape.decoderMlp(), width());
            copy(to, i, "mlp.up_proj.weight", shape.decoderMlp(), width());
            copy(to, i, "mlp.down_proj.weight", width(), shape.decoderMlp());
        }
    }

    private static void copy(Declaration.Builder to, int layer, String name, long out, long in) {
        to.copy(at(layer) + name, "text.layers." + layer + "." + name, STD, out, in);
    }

    /**
     * What a picture and words become.
     *
     * @param visual the picture's tokens: {@code [visual, width]}
     * @param words {@code [words, width]}
     * @param groups of each word: words of one group above 0 do not see those of another, and count as if they stood alone
     *     behind those of group 0
     * @param read how many of the last visual tokens are read out with the words
     * @return {@code [read + words, width]}
     */
    Tensor of(Tensor visual, Tensor words, int[] groups, int read, Weights own) {
        Tensor x = Tensors.cat(0, visual, words);
        int before = (int) visual.size(0);
        int length = (int) x.size(0);
        RotaryEmbedding.Table places =
                RotaryEmbedding.plain(shape.decoderHeadDim(), theta).table(positions(before, groups));
        boolean apart = Arrays.stream(groups).anyMatch(g -> g != 0);
        Tensor hidden = apart ? hidden(before, groups) : null;
        for (int i = 0; i < layers; i++) {
            // Behind the last layer nobody asks for the patches.
            int queries = i == layers - 1 ? read + groups.length : length;
            x = layer(own.under(at(i)), x, queries, places, hidden);
        }
        return x.narrow(0, x.size(0) - read - groups.length, (long) read + groups.length);
    }

    /** Position ids: visual tokens count, then the words that each word sees. */
    static int[] positions(int visual, int[] groups) {
        int[] seen = new int[Arrays.stream(groups).max().orElse(0) + 1];
        int[] ids = IntStream.range(0, visual + groups.length).toArray();
        for (int w = 0; w < groups.length; w++) {
            int common = groups[w] == 0 ? 0 : seen[0];
            ids[visual + w] = visual + common + seen[groups[w]]++;
        }
        return ids;
    }

    /** True where a token does not look: behind itself, and at words of other groups. */
    private static Tensor hidden(int visual, int[] groups) {
        int n = visual + groups.length;
        byte[] mask = new byte[n * n];
        for (int q = 0; q < n; q++) {
            for (int k = 0; k < n; k++) {
                int asking = q < visual ? 0 : groups[q - visual];
                int asked = k < visual ? 0 : groups[k - visual];
                mask[q * n + k] = (byte) (k > q || (asked != 0 && asked != asking) ? 1 : 0);
            }
        }
        return Tensors.to(Tensors.of(mask, n, n), DType.BOOL);
    }

    /** A layer whose output is asked for at its last tokens. */
    private Tensor layer(Weights own, Tensor x, long queries, RotaryEmbedding.Table places, @Nullable Tensor hidden) {
        long first = x.size(0) - queries;
        Tensor normed = own.rmsNorm("input_layernorm", width(), EPS).forward(x);
        RotaryEmbedding.Table last = new RotaryEmbedding.Table(
                places.cos().narrow(0, first, queries), places.sin().narrow(0, first, queries));
        Tensor q = RotaryEmbedding.rotate(
                heads(own, "q_proj", normed.narrow(0, first, queries), shape.decoderQueryWidth()), last);
        Tensor k = RotaryEmbedding.rotate(heads(own, "k_proj", normed, shape.decoderKeyWidth()), places);
        Tensor v = heads(own, "v_proj", normed, shape.decoderKeyWidth());
        double scale = 1 / Math.sqrt(shape.decoderHeadDim());
        Tensor attended = hidden == null
                ? PackedAttention.last(q, k, v, scale)
                : PackedAttention.masked(q, k, v, hidden.narrow(0, first, queries), scale, 0);
        Tensor y = x.narrow(0, first, queries)
                .add(own.linear("self_attn.o_proj", width(), shape.decoderQueryWidth(), false)
                        .forward(attended));
        GatedMlp mlp = new GatedMlp(
                own.linear("mlp.gate_proj", shape.decoderMlp(), width(), false),
                own.linear("mlp.up_proj", shape.decoderMlp(), width(), false),
                own.linear("mlp.down_proj", width(), shape.decoderMlp(), false),
                Activation.SILU);
        return y.add(mlp.forward(
                own.rmsNorm("post_attention_layernorm", width(), EPS).forward(y)));
    }

    /** {@code [tokens, width] -> [heads, tokens, head dim]}. */
    private Tensor heads(Weights own, String name, Tensor x, long out) {
        return own.linear("self_attn." + name, out, width(), false)
                .forward(x)
                .view(x.size(0), out / shape.decoderHeadDim(), shape.decoderHeadDim())
                .transpose(0, 1);
    }

    /**
     * FLOPs of matrix products, two per multiply-add: as computed, where the last layer answers for fewer tokens than it
     * reads.
     *
     * @param visual tokens of the picture
     * @param read of these, how many are read out
     */
    long flops(long visual, long words, long read) {
        long length = visual + words;
        long flops = 0;
        for (int i = 0; i < layers; i++) {
            long queries = i == layers - 1 ? read + words : length;
            long perQuery = 2 * width() * shape.decoderQueryWidth()
                    + 3 * width() * shape.decoderMlp()
                    + 2 * length * shape.decoderQueryWidth();
            flops += 2 * (queries * perQuery + 2 * length * width() * shape.decoderKeyWidth());
        }
        return flops;
    }

    private long width() {
        return shape.decoderWidth();
    }
}
