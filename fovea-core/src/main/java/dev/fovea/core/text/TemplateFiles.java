package dev.fovea.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.file.Reasons;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where a checkpoint keeps its chat templates: {@code chat_template.jinja}, or the entry {@code chat_template} of
 * {@code chat_template.json}, {@code processor_config.json} or {@code tokenizer_config.json}, whichever is there first.
 * The entry may hold several by name, as may the folders {@code additional_chat_templates} and {@code chat_templates}.
 */
final class TemplateFiles {
    /** What is taken where nobody asks for another. */
    static final String DEFAULT = "default";

    private static final long MAX_BYTES = 4_000_000;
    private static final List<String> ENTRIES =
            List.of("chat_template.json", "processor_config.json", "tokenizer_config.json");
    private static final List<String> FOLDERS = List.of("additional_chat_templates", "chat_templates");

    /** A template and what to call it in messages. */
    record Found(String text, String source) {}

    private final Path folder;
    private final Map<String, Found> named = new TreeMap<>();

    private TemplateFiles(Path folder) {
        this.folder = folder;
    }

    /**
     * The template of a checkpoint, or null if it has none.
     *
     * @param asked a name among the checkpoint's templates, or a file; null for the usual one
     * @throws TextException if it cannot be read, or it is not clear which is meant
     */
    static @Nullable Found find(Path folder, @Nullable String asked) {
        TemplateFiles files = new TemplateFiles(folder);
        files.collect();
        return asked == null ? files.usual() : files.asked(asked);
    }

    private void collect() {
        Path own = folder.resolve("chat_template.jinja");
        if (Files.exists(own)) {
            named.put(DEFAULT, read(own));
        }
        for (String name : ENTRIES) {
            Path path = folder.resolve(name);
            entry(JsonFiles.readIfPresent(path).path("chat_template"), path.toString());
        }
        for (String name : FOLDERS) {
            Path more = folder.resolve(name);
            if (Files.isDirectory(more)) {
                folder(more);
            }
        }
    }

    private void entry(JsonNode node, String source) {
        if (node.isTextual()) {
            named.putIfAbsent(DEFAULT, new Found(node.asText(), source));
        } else if (node.isArray()) {
            for (JsonNode one : node) {
                add(one.path("name"), one.path("template"), source);
            }
        } else if (node.isObject()) {
            node.properties().forEach(e -> {
                if (e.getValue().isTextual()) {
                    named.putIfAbsent(e.getKey(), new Found(e.getValue().asText(), source));
                }
            });
        }
    }

    private void add(JsonNode name, JsonNode template, String source) {
        if (name.isTextual() && template.isTextual()) {
            named.putIfAbsent(name.asText(), new Found(template.asText(), source));
        }
    }

    private void folder(Path more) {
        try (Stream<Path> files = Files.list(more)) {
            for (Path file : files.sorted().toList()) {
                String name = String.valueOf(file.getFileName());
                if (name.endsWith(".jinja") && Files.isRegularFile(file)) {
                    named.putIfAbsent(name.substring(0, name.length() - ".jinja".length()), read(file));
                }
            }
        } catch (IOException e) {
            throw new TextException(more + " cannot be read: " + Reasons.of(e), e);
        }
    }

    private static Found read(Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new TextException(file + " is larger than " + MAX_BYTES
                        + " bytes, which no chat template is; name another with --chat-template");
            }
            return new Found(Files.readString(file), file.toString());
        } catch (IOException e) {
            throw new TextException(file + " cannot be read: " + Reasons.of(e), e);
        }
    }

    private @Nullable Found usual() {
        Found usual = named.get(DEFAULT);
        if (usual == null && !named.isEmpty()) {
            throw new TextException(folder + " names its chat templates " + names()
                    + ", and none of them 'default'; choose one with --chat-template");
        }
        return usual;
    }

    private String names() {
        return String.join(", ", named.keySet());
    }

    private Found asked(String asked) {
        Found found = named.get(asked);
        if (found != null) {
            return found;
        }
        try {
            Path file = Path.of(asked);
            if (Files.isRegularFile(file)) {
                return read(file);
            }
        } catch (InvalidPathException e) {
            // Then it is no file, and the sentence below says so.
        }
        throw new TextException("There is no chat template '" + asked + "': it is no file, and " + folder
                + (named.isEmpty() ? " has none of that name or any other" : " names only " + names()));
    }
}
