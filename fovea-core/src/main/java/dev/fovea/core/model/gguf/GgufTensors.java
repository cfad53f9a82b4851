package dev.fovea.core.model.gguf;

import dev.fovea.core.message.Printable;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.TensorSource;
import dev.fovea.core.weights.gguf.GgufFile;
import dev.fovea.core.weights.gguf.GgufTensor;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The tensors of GGUF files under canonical names, as the checkpoints held them that the files were made of. */
final class GgufTensors {
    /** The second frame of a patch's kernel; the first has the usual name. */
    private static final String FRAME = "v.patch_embd.weight.1";

    private static final String KERNEL = "v.patch_embd.weight";

    /** Frequencies of rotary positions, which are read with the description. */
    private static final Set<String> DESCRIBED = Set.of(RotaryFactors.TENSOR);

    private GgufTensors() {}

    /**
     * All tensors of a language model.
     *
     * @throws CheckpointException if one has no known part, in one sentence
     */
    static SequencedMap<String, TensorSource> ofText(GgufValues values, GgufText layout) {
        String type = values.text(GgufLayouts.ARCHITECTURE);
        int heads = values.whole(type + ".attention.head_count");
        Integer kvHeads = values.wholeOrNull(type + ".attention.head_count_kv");
        GgufNames names = layout.names();
        GgufFile file = values.file();
        SequencedMap<String, TensorSource> sources = new LinkedHashMap<>();
        file.tensors().forEach((name, tensor) -> {
            if (DESCRIBED.contains(name)) {
                return;
            }
            String canonical = required(file, name, names.canonical(name));
            String part = canonical.substring(0, canonical.lastIndexOf('.'));
            TensorSource source = GgufSource.of(file, tensor);
            if (layout.pairs() && part.endsWith("q_proj")) {
                source = GgufSource.ofPairs(file, tensor, heads);
            } else if (layout.pairs() && part.endsWith("k_proj")) {
                source = GgufSource.ofPairs(file, tensor, kvHeads == null ? heads : kvHeads);
            } else if (layout.aboveOne() && part.endsWith("norm")) {
                source = GgufSource.aboveOne(file, tensor);
            }
            sources.put(canonical, source);
        });
        return sources;
    }

    /** All tensors of an encoder and a connector; throws as {@link #ofText}. */
    static SequencedMap<String, TensorSource> ofPictures(GgufValues values, GgufPictures layout) {
        GgufFile file = values.file();
        GgufNames names = layout.names(values);
        @Nullable GgufTensor frame = file.tensors().get(FRAME);
        SequencedMap<String, TensorSource> sources = new LinkedHashMap<>();
        file.tensors().forEach((name, tensor) -> {
            if (name.equals(FRAME)) {
                return;
            }
            String canonical = required(file, name, names.canonical(name));
            TensorSource source = layout.aboveOne().contains(canonical)
                    ? GgufSource.aboveOne(file, tensor)
                    : GgufSource.of(file, tensor);
            sources.put(
                    canonical,
                    frame != null && name.equals(KERNEL) ? GgufSource.ofFrames(file, tensor, frame) : source);
        });
        return sources;
    }

    private static String required(GgufFile file, String name, @Nullable String canonical) {
        if (canonical == null) {
            throw new CheckpointException(file.path() + " holds tensor '" + Printable.of(name)
                    + "', which has no part in the models that Fovea opens from GGUF; give the Hugging Face folder of"
                    + " the model");
        }
        return canonical;
    }
}
