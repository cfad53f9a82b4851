package dev.fovea.eval.steer;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.fovea.eval.EvalException;
import dev.fovea.eval.suite.PictureSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Preferences in a file of JSON lines: {@code {"image": "a.png", "question": "Where is it?", "preferred": "left",
 * "dispreferred": "right"}}. Paths are relative to the file. It may come from anywhere: lines and their number are bounded.
 */
public final class PreferenceFile {
    private static final int MOST = 100_000;
    private static final int LONGEST = 1 << 16;
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private PreferenceFile() {}

    /**
     * Reads the first pairs of a file.
     *
     * @param limit how many at most
     * @throws EvalException with one sentence that names the line if the file cannot be used
     */
    public static List<Preference> read(Path file, int limit) {
        List<Preference> pairs = new ArrayList<>();
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            int number = 0;
            for (String line = next(lines, file, 1); line != null; line = next(lines, file, number + 1)) {
                number++;
                if (!line.isBlank() && pairs.size() < Math.min(limit, MOST)) {
                    pairs.add(pair(file, number, line));
                }
            }
        } catch (CharacterCodingException e) {
            throw EvalException.input(file + " is not UTF-8 text; save it as UTF-8", e);
        } catch (IOException e) {
            throw EvalException.input(file + " cannot be read; check the path of the pairs", e);
        }
        if (pairs.isEmpty()) {
            throw EvalException.input(file + " holds no pairs; write one JSON object to a line");
        }
        return pairs;
    }

    /** A line without its end, read no further than allowed. */
    private static @Nullable String next(BufferedReader lines, Path file, int number) throws IOException {
        StringBuilder line = new StringBuilder();
        int c = lines.read();
        if (c < 0) {
            return null;
        }
        for (; c >= 0 && c != '\n'; c = lines.read()) {
            if (line.length() == LONGEST) {
                throw EvalException.input("Line " + number + " of " + file + " has more than " + LONGEST
                        + " characters; write one pair to a line");
            }
            line.append((char) c);
        }
        return line.toString();
    }

    private static Preference pair(Path file, int number, String line) {
        JsonNode root;
        try {
            root = JSON.readTree(line);
        } catch (JacksonException e) {
            throw EvalException.input("Line " + number + " of " + file + " is not valid JSON", e);
        }
        String image = text(file, number, root, "image");
        String preferred = text(file, number, root, "preferred");
        String dispreferred = text(file, number, root, "dispreferred");
        if (preferred.equals(dispreferred)) {
            throw EvalException.input(
                    "Line " + number + " of " + file + " prefers an answer to itself; give two different ones");
        }
        try {
            Path picture = file.resolveSibling(image);
            return new Preference(
                    "line-" + number,
                    PictureSource.ofFile(image, picture),
                    text(file, number, root, "question"),
                    preferred,
                    dispreferred);
        } catch (InvalidPathException e) {
            throw EvalException.input("Line " + number + " of " + file + " names no picture in 'image'", e);
        }
    }

    private static String text(Path file, int number, JsonNode root, String key) {
        JsonNode value = root.path(key);
        if (!value.isTextual() || value.asText().isBlank()) {
            throw EvalException.input("Line " + number + " of " + file + " does not say '" + key
                    + "'; a pair has image, question, preferred and dispreferred");
        }
        return value.asText().strip();
    }
}
