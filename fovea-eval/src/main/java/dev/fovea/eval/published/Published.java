package dev.fovea.eval.published;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.message.Suggest;
import dev.fovea.core.model.Rename;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The sizes that models of the families were published in: their configuration and what they say about pictures, without
 * weights.
 *
 * @param family its {@code model_type}
 * @param size as {@code --size} names it
 * @param tokens texts that the family's prompts need as tokens of their own beside the placeholders
 * @param names from the canonical names of tensors to those in published files; empty where Fovea's own are written
 * @param config what {@code config.json} says
 * @param processor what {@code preprocessor_config.json} says
 */
public record Published(
        String family, String size, List<String> tokens, List<Rename> names, JsonNode config, JsonNode processor) {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    public Published {
        tokens = List.copyOf(tokens);
        names = List.copyOf(names);
    }

    /** All of them, the sizes of a family beside each other. */
    public static List<Published> all() {
        try (InputStream in = Objects.requireNonNull(Published.class.getResourceAsStream("published.json"))) {
            List<Published> out = new ArrayList<>();
            for (JsonNode one : MAPPER.readTree(in)) {
                List<String> tokens = new ArrayList<>();
                one.path("tokens").forEach(token -> tokens.add(token.asText()));
                out.add(new Published(
                        one.path("family").asText(),
                        one.path("size").asText(),
                        tokens,
                        RandomCheckpoint.renames(one.path("names")),
                        one.path("config"),
                        one.path("processor")));
            }
            return out;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * One of them.
     *
     * @param size or null for the family's first
     * @throws IllegalArgumentException with one sentence if there is no such family or size; suggests the nearest
     */
    public static Published find(String family, @Nullable String size) {
        List<Published> all = all();
        List<String> families = all.stream().map(Published::family).distinct().toList();
        List<Published> own = all.stream().filter(p -> p.family.equals(family)).toList();
        if (own.isEmpty()) {
            throw new IllegalArgumentException("There is no family '" + family + "'" + Suggest.nearest(family, families)
                    + "; the known ones are: " + String.join(", ", families) + ".");
        }
        List<String> sizes = own.stream().map(Published::size).toList();
        return own.stream()
                .filter(p -> size == null || p.size.equals(size))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("There is no size '" + size + "' of " + family
                        + Suggest.nearest(String.valueOf(size), sizes) + "; the known ones are: "
                        + String.join(", ", sizes) + "."));
    }

    /**
     * The same with fewer layers in its language model: what runs layer by layer costs in proportion, and a disk or a
     * memory that does not hold all of it is enough.
     *
     * @throws IllegalArgumentException with one sentence if it has not so many
     */
    public Published withLayers(int count) {
        ObjectNode own = config.deepCopy();
        ObjectNode text = own.get("text_config") instanceof ObjectNode inner ? inner : own;
        int all = text.path("num_hidden_layers").asInt();
        if (count < 1 || count > all) {
            throw new IllegalArgumentException("The language model of " + family + " " + size + " has " + all
                    + " layers, so that it can have 1 to " + all + ", not " + count + ".");
        }
        text.put("num_hidden_layers", count);
        return new Published(family, size, tokens, names, own, processor);
    }

    /**
     * What a tensor is called in published files.
     *
     * @param back the family's way from such names to canonical ones
     * @throws IllegalStateException if that does not lead back
     */
    String nameOf(String canonical, List<Rename> back) {
        String name = Rename.all(names, canonical);
        if (!Rename.all(back, name).equals(canonical)) {
            throw new IllegalStateException("The tensor '" + canonical + "' of " + family + " would be read as '"
                    + Rename.all(back, name) + "'");
        }
        return name;
    }

    /** Writes {@code config.json} and {@code preprocessor_config.json} into a folder. */
    public void write(Path folder) throws IOException {
        Files.writeString(folder.resolve("config.json"), pretty(config));
        Files.writeString(folder.resolve("preprocessor_config.json"), pretty(processor));
    }

    private static String pretty(JsonNode node) throws IOException {
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(node) + "\n";
    }
}
