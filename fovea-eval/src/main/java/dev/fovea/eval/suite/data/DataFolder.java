package dev.fovea.eval.suite.data;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.file.Reasons;
import dev.fovea.eval.EvalException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The folder of a data set as it was downloaded. */
public final class DataFolder {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int DEPTH = 6;

    private final Path root;
    private final List<Path> files;

    private DataFolder(Path root, List<Path> files) {
        this.root = root;
        this.files = files;
    }

    /**
     * Looks into a folder.
     *
     * @throws EvalException if there is none
     */
    public static DataFolder open(Path root) {
        if (!Files.isDirectory(root)) {
            throw EvalException.input("There is no folder " + root + "; give the folder of the downloaded data set");
        }
        try (Stream<Path> all = Files.walk(root, DEPTH)) {
            return new DataFolder(
                    root, all.filter(Files::isRegularFile).sorted().toList());
        } catch (IOException e) {
            throw EvalException.input(root + " cannot be listed: " + e.getMessage(), e);
        }
    }

    public Path root() {
        return root;
    }

    /**
     * Parquet files whose path, from the folder on, contains one of the words: those of the first word that any
     * contains, or all of them if none does.
     */
    public List<Path> parquet(List<String> words) {
        List<Path> all =
                files.stream().filter(f -> f.toString().endsWith(".parquet")).toList();
        for (String word : words) {
            List<Path> some = all.stream()
                    .filter(f -> root.relativize(f).toString().contains(word))
                    .toList();
            if (!some.isEmpty()) {
                return some;
            }
        }
        return all;
    }

    /** The first file whose name matches. */
    public Optional<Path> named(String regex) {
        return files.stream()
                .filter(f ->
                        f.getFileName() != null && f.getFileName().toString().matches(regex))
                .findFirst();
    }

    /** All files whose name matches, sorted by path. */
    public List<Path> allNamed(String regex) {
        return files.stream()
                .filter(f ->
                        f.getFileName() != null && f.getFileName().toString().matches(regex))
                .toList();
    }

    /**
     * A picture by its name, anywhere below the folder. A name that is not there is given as it would stand in the
     * folder, so that the failure to read it names it.
     */
    public Path picture(String name) {
        if (pictures.isEmpty()) {
            files.forEach(f -> pictures.putIfAbsent(String.valueOf(f.getFileName()), f));
        }
        Path direct = root.resolve(name);
        return Files.exists(direct) ? direct : pictures.getOrDefault(String.valueOf(direct.getFileName()), direct);
    }

    private final Map<String, Path> pictures = new LinkedHashMap<>();

    /** A whole JSON file. */
    public static JsonNode json(Path file) {
        try {
            return JSON.readTree(file.toFile());
        } catch (JacksonException e) {
            throw EvalException.input(file + " is not valid JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw EvalException.input(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * One JSON object per line, as rows; a line that is none becomes a {@linkplain Row#broken broken} one.
     *
     * @param more further columns of a line
     */
    public static void jsonLines(Path file, Function<JsonNode, Map<String, ?>> more, ParquetTable.Visitor visitor) {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8))) {
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (!line.isBlank() && !visitor.visit(row(line, more, file.getFileName() + " line " + number))) {
                    return;
                }
            }
        } catch (IOException e) {
            throw EvalException.input(file + " cannot be read: " + Reasons.of(e), e);
        }
    }

    private static Row row(String line, Function<JsonNode, Map<String, ?>> more, String where) {
        try {
            JsonNode node = JSON.readTree(line);
            return node.isObject() ? row(node, more.apply(node), where) : Row.broken(where + " is not a JSON object");
        } catch (JacksonException e) {
            return Row.broken(where + " is not valid JSON: " + e.getOriginalMessage());
        }
    }

    /** A JSON object as a row, with more columns. */
    public static Row row(JsonNode node, Map<String, ?> more, String where) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        node.properties().forEach(e -> values.put(e.getKey(), JSON.convertValue(e.getValue(), Object.class)));
        values.putAll(more);
        return new Row(values, where);
    }
}
