package dev.fovea.core.model.gguf;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.message.Printable;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.TensorSource;
import dev.fovea.core.weights.gguf.GgufFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * What is in the file of a language model and in the one that makes pictures its tokens, put together.
 *
 * @param config what {@code config.json} would say
 * @param files what small files would say, by name
 * @param checkpoint the weights of both
 * @param note which file pictures are seen through, or why none is taken; null if there is none
 */
record GgufParts(
        ModelConfig config,
        Map<String, ObjectNode> files,
        Checkpoint checkpoint,
        @Nullable String note) implements AutoCloseable {

    /** An opened file of pictures. */
    private record Pictures(GgufValues values, GgufPictures layout, SequencedMap<String, TensorSource> tensors) {}

    static GgufParts open(Path path, @Nullable Path named, GgufLayouts layouts) {
        GgufFile file = GgufFile.open(path);
        try {
            GgufValues values = new GgufValues(file);
            GgufText layout = layouts.text(values);
            ObjectNode config = GgufConfig.ofText(values, layout);
            PictureFile beside = PictureFile.of(path, named);
            if (beside.path() == null) {
                return ofText(values, layout, config, beside.others() == 0 ? null : several(beside.others()));
            }
            Pictures pictures;
            try {
                pictures = pictures(beside.path(), values, config, layouts);
            } catch (CheckpointException e) {
                if (beside.named()) {
                    throw e;
                }
                return ofText(
                        values,
                        layout,
                        config,
                        beside.path().getFileName() + " beside it is not used, so it reads text alone: "
                                + e.getMessage());
            }
            try {
                return ofBoth(values, layout, config, pictures, beside.named());
            } catch (RuntimeException e) {
                pictures.values.file().close();
                throw e;
            }
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static String several(int files) {
        return files + " files beside it begin with mmproj, and none was named, so it reads text alone";
    }

    private static GgufParts ofText(GgufValues values, GgufText layout, ObjectNode config, @Nullable String note) {
        GgufVocabulary vocabulary = new GgufVocabulary(values, List.of());
        GgufFile file = values.file();
        return new GgufParts(
                new ModelConfig(file.path(), "", config),
                files(config, vocabulary),
                Checkpoint.of(List.of(file.mapped()), GgufTensors.ofText(values, layout), origin(file, file)),
                note);
    }

    private static GgufParts ofBoth(
            GgufValues values, GgufText layout, ObjectNode text, Pictures pictures, boolean named) {
        GgufVocabulary vocabulary = new GgufVocabulary(values, pictures.layout.placeholders());
        ObjectNode config = GgufConfig.ofBoth(text, pictures.values, pictures.layout, vocabulary);
        Map<String, ObjectNode> files = files(config, vocabulary);
        files.put("preprocessor_config.json", pictures.layout.processor(pictures.values));
        SequencedMap<String, TensorSource> tensors = new LinkedHashMap<>(GgufTensors.ofText(values, layout));
        tensors.putAll(pictures.tensors);
        GgufFile file = pictures.values.file();
        return new GgufParts(
                new ModelConfig(file.path(), "", config),
                files,
                Checkpoint.of(List.of(values.file().mapped(), file.mapped()), tensors, origin(values.file(), file)),
                named ? null : "pictures are seen through " + file.path().getFileName() + ", which lies beside it");
    }

    private static Checkpoint.Origin origin(GgufFile text, GgufFile pictures) {
        return new Checkpoint.Origin(
                name -> name.startsWith("text.") || name.startsWith("lm_head.") ? text.path() : pictures.path(),
                "the description in the file",
                "download it again");
    }

    private static Map<String, ObjectNode> files(ObjectNode config, GgufVocabulary vocabulary) {
        Map<String, ObjectNode> files = new LinkedHashMap<>();
        files.put("config.json", config);
        files.put("tokenizer.json", vocabulary.tokenizer());
        files.put("tokenizer_config.json", vocabulary.config());
        return files;
    }

    /** Opens the file of pictures, if it is this language model's. */
    private static Pictures pictures(Path path, GgufValues text, ObjectNode config, GgufLayouts layouts) {
        GgufFile file = GgufFile.open(path);
        try {
            GgufValues values = new GgufValues(file);
            GgufPictures layout = layouts.pictures(values);
            String architecture = text.text(GgufLayouts.ARCHITECTURE);
            if (!layout.architectures().contains(architecture)) {
                throw new CheckpointException(path + " makes pictures tokens of another kind of language model ("
                        + String.join(
                                ", ", layout.architectures().stream().sorted().toList()) + ") than the "
                        + Printable.of(architecture) + " in " + text.file().path()
                        + "; take both files from the same model");
            }
            SequencedMap<String, TensorSource> tensors = GgufTensors.ofPictures(values, layout);
            requireWidth(path, text, config, tensors);
            return new Pictures(values, layout, tensors);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** What the connector gives must be as wide as the language model. */
    private static void requireWidth(
            Path path, GgufValues text, ObjectNode config, SequencedMap<String, TensorSource> tensors) {
        long width = -1;
        for (String name : List.of("linear_2.weight", "linear_1.weight", "linear_1.turned")) {
            TensorSource last = tensors.get("connector." + name);
            if (width < 0 && last != null) {
                List<Long> shape = last.info().shape();
                width = shape.size() == 2 ? shape.get(name.endsWith("turned") ? 1 : 0) : -1;
            }
        }
        if (width < 0) {
            throw new CheckpointException(path + " holds no connector that makes pictures tokens of a language model;"
                    + " download it again");
        }
        int wanted = config.path("hidden_size").asInt();
        if (width != wanted) {
            throw new CheckpointException(path + " makes tokens of " + width + " channels, but the language model in "
                    + text.file().path() + " takes " + wanted + "; take both files from the same model");
        }
    }

    @Override
    public void close() {
        checkpoint.close();
    }
}
