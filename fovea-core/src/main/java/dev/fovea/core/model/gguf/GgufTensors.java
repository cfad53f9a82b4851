package dev.fovea.core.model.gguf;

import dev.fovea.core.message.Printable;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.TensorInfo;
import dev.fovea.core.weights.TensorSource;
import dev.fovea.core.weights.gguf.GgufFile;
import dev.fovea.core.weights.gguf.GgufTensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * The tensors of a GGUF file under the names that Hugging Face's checkpoints give them, and in their order of channels:
 * llama.cpp turns the two halves of a Llama head's query and key channels into neighbours, which is undone here.
 */
final class GgufTensors {
    private static final Map<String, String> WHOLE = Map.of(
            "token_embd", "model.embed_tokens",
            "output_norm", "model.norm",
            "output", "lm_head");

    private static final Map<String, String> OF_LAYER = Map.ofEntries(
            Map.entry("attn_norm", "input_layernorm"),
            Map.entry("attn_q", "self_attn.q_proj"),
            Map.entry("attn_k", "self_attn.k_proj"),
            Map.entry("attn_v", "self_attn.v_proj"),
            Map.entry("attn_output", "self_attn.o_proj"),
            Map.entry("attn_q_norm", "self_attn.q_norm"),
            Map.entry("attn_k_norm", "self_attn.k_norm"),
            Map.entry("ffn_norm", "post_attention_layernorm"),
            Map.entry("ffn_gate", "mlp.gate_proj"),
            Map.entry("ffn_up", "mlp.up_proj"),
            Map.entry("ffn_down", "mlp.down_proj"));

    /** Frequencies that follow from the description, and that llama.cpp's converter writes beside it all the same. */
    private static final Set<String> DERIVED = Set.of("rope_freqs.weight");

    private static final String LAYER = "blk.";

    private GgufTensors() {}

    /**
     * All tensors that a model needs.
     *
     * @throws CheckpointException if one has no known part, in one sentence
     */
    static SequencedMap<String, TensorSource> of(GgufValues values) {
        GgufFile file = values.file();
        String type = GgufConfig.architecture(values);
        int heads = values.whole(type + ".attention.head_count");
        Integer kvHeads = values.wholeOrNull(type + ".attention.head_count_kv");
        SequencedMap<String, TensorSource> sources = new LinkedHashMap<>();
        file.tensors().forEach((name, tensor) -> {
            if (DERIVED.contains(name)) {
                return;
            }
            int turned = 0;
            if (type.equals("llama")) {
                turned = name.endsWith("attn_q.weight")
                        ? heads
                        : name.endsWith("attn_k.weight") ? (kvHeads == null ? heads : kvHeads) : 0;
            }
            sources.put(canonical(file, name), new Source(file, tensor, turned));
        });
        return sources;
    }

    private static String canonical(GgufFile file, String name) {
        int end = name.lastIndexOf('.');
        String part = end < 0 ? name : name.substring(0, end);
        String kind = end < 0 ? "" : name.substring(end);
        String whole = WHOLE.get(part);
        if (whole != null) {
            return whole + kind;
        }
        int dot = part.indexOf('.', LAYER.length());
        if (part.startsWith(LAYER) && dot > 0) {
            String own = OF_LAYER.get(part.substring(dot + 1));
            if (own != null) {
                return "model.layers." + part.substring(LAYER.length(), dot) + "." + own + kind;
            }
        }
        throw new CheckpointException(file.path() + " holds tensor '" + Printable.of(name)
                + "', which has no part in the models that Fovea opens from GGUF; give the Hugging Face folder of the"
                + " model");
    }

    /**
     * A tensor as a checkpoint hands it out: numbers in the type they lie in, blocks of few bits as f32.
     *
     * @param turnedHeads how many heads have their channels in llama.cpp's order; 0 for none
     */
    private record Source(GgufFile file, GgufTensor of, int turnedHeads) implements TensorSource {
        @Override
        public TensorInfo info() {
            DType dtype = dtype();
            List<Long> shape = of.shape();
            return new TensorInfo(of.name(), dtype, shape, 0, of.weights() * dtype.bytes());
        }

        /** Blocks are decoded into f32, which holds every product of scale and code; the model narrows it if it likes. */
        private DType dtype() {
            DType plain = of.type().plain();
            return plain == null ? DType.F32 : plain;
        }

        @Override
        public Tensor tensor() {
            Tensor stored = file.tensor(of.name(), dtype());
            if (turnedHeads == 0) {
                return stored;
            }
            long[] sizes = of.sizes();
            long rows = sizes[0];
            if (sizes.length != 2 || rows % (2L * turnedHeads) != 0) {
                throw new CheckpointException(file.path() + ": tensor '" + Printable.of(of.name()) + "' has " + rows
                        + " rows, which " + turnedHeads + " heads do not share; the file is corrupt");
            }
            return stored.view(turnedHeads, rows / turnedHeads / 2, 2, sizes[1])
                    .transpose(1, 2)
                    .reshape(sizes);
        }
    }
}
