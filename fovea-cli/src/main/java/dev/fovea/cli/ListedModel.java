package dev.fovea.cli;

import dev.fovea.core.DualEncoder;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.hub.HubCache;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.model.gguf.GgufModel;
import dev.fovea.core.text.TextException;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.gguf.GgufFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A model of the Hub's cache as a list shows it.
 *
 * @param name as {@code --model} takes it where the repository is one model; a GGUF file's name stands behind its
 *     repository's
 * @param path of the folder or the GGUF file
 * @param family that opens it, or null
 * @param bytes of its weights
 * @param precision the type that most of its weights have, or null if none can be read
 * @param refusal why it does not open, or null if it does
 */
record ListedModel(
        String name,
        Path path,
        @Nullable String family,
        long bytes,
        @Nullable String precision,
        @Nullable String refusal) {

    /** The models of an entry: the folder's own, or one for each GGUF file in it that is not only there for pictures. */
    static List<ListedModel> of(HubCache.Entry entry) {
        List<Path> files = files(entry.folder(), ".gguf");
        if (files.isEmpty()) {
            return List.of(folder(entry));
        }
        List<Path> whole =
                files.stream().filter(file -> !GgufModel.isForPictures(file)).toList();
        List<ListedModel> models = new ArrayList<>();
        for (Path file : whole.isEmpty() ? files : whole) {
            models.add(gguf(entry.name() + " " + file.getFileName(), file));
        }
        return models;
    }

    private static ListedModel folder(HubCache.Entry entry) {
        Path folder = entry.folder();
        String name = entry.name().toString();
        long bytes = files(folder, ".safetensors").stream()
                .mapToLong(ListedModel::size)
                .sum();
        String precision = null;
        String family = null;
        try {
            precision = precision(folder);
            if (DualEncoder.isOne(folder)) {
                DualEncoder.open(folder).close();
                return new ListedModel(name, folder, "dual encoder", bytes, precision, null);
            }
            Families.Found found = Families.read(folder);
            family = found.description().family();
            precision = found.weights() == null ? precision : found.weights().toString();
            VisionLanguageModel.open(folder, OpenOptions.defaults()).close();
            return new ListedModel(name, folder, family, bytes, precision, null);
        } catch (CheckpointException | TextException e) {
            return new ListedModel(name, folder, family, bytes, precision, CommandFailure.sentence(e));
        }
    }

    private static String precision(Path folder) {
        Map<String, Long> bytes = new TreeMap<>();
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            for (String tensor : checkpoint.names()) {
                var info = checkpoint.info(tensor);
                bytes.merge(info.dtype().name(), info.byteSize(), Long::sum);
            }
        }
        return most(bytes);
    }

    /** Its blocks are not decoded for a list: what is checked is its description, its vocabulary and its tensors' names. */
    private static ListedModel gguf(String name, Path file) {
        String precision = null;
        String family = null;
        try {
            Map<String, Long> bytes = new TreeMap<>();
            try (GgufFile opened = GgufFile.open(file)) {
                opened.tensors().values().forEach(t -> bytes.merge(t.type().name(), t.byteSize(), Long::sum));
            }
            precision = most(bytes);
            family = Families.read(file).description().family();
            GgufModel.open(file, null, Families.ggufLayouts()).close();
            return new ListedModel(name, file, family, size(file), precision, null);
        } catch (CheckpointException e) {
            return new ListedModel(name, file, family, size(file), precision, CommandFailure.sentence(e));
        }
    }

    private static String most(Map<String, Long> bytes) {
        return bytes.isEmpty()
                ? "-"
                : Collections.max(bytes.entrySet(), Map.Entry.comparingByValue())
                        .getKey()
                        .toLowerCase(Locale.ROOT);
    }

    private static List<Path> files(Path folder, String end) {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(p ->
                            p.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(end))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return 0;
        }
    }
}
