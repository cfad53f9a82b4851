package dev.fovea.core.model.gguf;

import dev.fovea.core.message.Printable;
import dev.fovea.core.message.Suggest;
import dev.fovea.core.weights.CheckpointException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All layouts that the families know.
 *
 * @param texts by the architecture in a file, which is llama.cpp's name for it
 * @param pictures by the kind of connector in a file
 */
public record GgufLayouts(Map<String, GgufText> texts, Map<String, GgufPictures> pictures) {
    static final String ARCHITECTURE = "general.architecture";

    /** The architecture of all files that hold no language model but what makes pictures its tokens. */
    static final String CLIP = "clip";

    private static final String FOLDER = "; give the Hugging Face folder of the model";

    public GgufLayouts {
        texts = Map.copyOf(texts);
        pictures = Map.copyOf(pictures);
    }

    /**
     * The layout of a language model.
     *
     * @throws CheckpointException with one sentence, if there is none for what the file holds
     */
    GgufText text(GgufValues values) {
        String name = values.text(ARCHITECTURE);
        if (name.equals(CLIP)) {
            throw new CheckpointException(values.file().path()
                    + " holds what makes pictures tokens of a language model, and no language model; give the language"
                    + " model's file, and this one as its mmproj file");
        }
        GgufText found = texts.get(name);
        if (found == null) {
            List<String> known = List.copyOf(new TreeMap<>(texts).keySet());
            throw new CheckpointException(values.file().path() + " holds a model of architecture '" + Printable.of(name)
                    + "', which Fovea does not open from GGUF (it opens " + String.join(", ", known) + ")"
                    + Suggest.nearest(name, known) + FOLDER);
        }
        Integer parts = values.wholeOrNull("split.count");
        if (parts != null && parts > 1) {
            throw new CheckpointException(values.file().path() + " is one of " + parts
                    + " parts of a model; put them together with llama.cpp's 'llama-gguf-split --merge'");
        }
        return found;
    }

    /**
     * The layout of an encoder and a connector.
     *
     * @throws CheckpointException as {@link #text}
     */
    GgufPictures pictures(GgufValues values) {
        String name = values.text(ARCHITECTURE);
        if (!name.equals(CLIP)) {
            throw new CheckpointException(
                    values.file().path() + " holds a language model of architecture '" + Printable.of(name)
                            + "', and nothing that makes pictures its tokens; give the file that was published beside it as"
                            + " mmproj");
        }
        if (!values.flag("clip.has_vision_encoder", true)) {
            throw new CheckpointException(
                    values.file().path() + " holds no encoder of pictures ('clip.has_vision_encoder'"
                            + " is false); give the mmproj file of a vision-language model");
        }
        String kind = values.textOrNull("clip.projector_type");
        if (kind == null) {
            kind = values.textOrNull("clip.vision.projector_type");
        }
        // The first files have LLaVA's, and do not say so.
        String named = kind == null ? "mlp" : kind;
        GgufPictures found = pictures.get(named);
        if (found == null) {
            List<String> known = List.copyOf(new TreeMap<>(pictures).keySet());
            throw new CheckpointException(values.file().path() + " makes pictures tokens by a connector of the kind '"
                    + Printable.of(named) + "', which Fovea does not open from GGUF (it opens "
                    + String.join(", ", known) + ")" + Suggest.nearest(named, known) + FOLDER);
        }
        return found;
    }
}
