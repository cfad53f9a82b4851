package dev.fovea.core.model.gguf;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.weights.CheckpointException;
import java.util.List;
import java.util.Set;

/**
 * How llama.cpp writes what makes pictures tokens of a language model, an encoder and a connector in a file of their own,
 * for one kind of connector ({@code clip.projector_type}). Implementations hold no state.
 */
public interface GgufPictures {

    /** Architectures of the language models that it stands before, by the names in their files. */
    Set<String> architectures();

    /** What a prompt holds for a picture and, where there is a second text, for a video. */
    List<String> placeholders();

    /** Names of the tensors in this file. */
    GgufNames names(GgufValues values);

    /** Canonical names of norms that lie as the factors that they are, as in {@link GgufText#aboveOne}. */
    default Set<String> aboveOne() {
        return Set.of();
    }

    /**
     * Puts into a configuration what {@code config.json} would say beside {@code text_config}, which is there already:
     * {@code model_type}, {@code vision_config} and what stands at the top.
     *
     * @throws CheckpointException with one sentence, if the file does not say what is needed
     */
    void describe(GgufValues values, ObjectNode config);

    /**
     * What {@code preprocessor_config.json} would say. A file has little of that: the rest is what was published with the
     * models of this family.
     *
     * @throws CheckpointException as {@link #describe}
     */
    ObjectNode processor(GgufValues values);
}
