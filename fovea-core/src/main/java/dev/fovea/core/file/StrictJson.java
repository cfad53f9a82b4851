package dev.fovea.core.file;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.fovea.core.message.Printable;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BiFunction;

/**
 * Reads the JSON files of a checkpoint, which may come from anywhere: of bounded size and depth, no key twice, nothing
 * after the value. {@code NaN} and {@code Infinity} are read, because Python writes them; who uses a number checks that
 * it is finite.
 */
public final class StrictJson {
    /** Deeper than any file of a checkpoint, and shallow enough for every way of walking a tree. */
    public static final int MAX_DEPTH = 100;

    private static final long MAX_BYTES = 64L << 20;

    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private StrictJson() {}

    /**
     * The value in a file; a missing node if the file holds nothing at all.
     *
     * @param kind makes the exception of a sentence and its cause
     */
    public static JsonNode read(Path path, BiFunction<String, Throwable, ? extends RuntimeException> kind) {
        try {
            long size = Files.size(path);
            if (size > MAX_BYTES) {
                throw new IOException("its " + size + " bytes are too many for a configuration");
            }
            JsonNode node = JSON.readTree(Files.readString(path));
            return node == null ? MissingNode.getInstance() : node;
        } catch (JacksonException e) {
            throw kind.apply(fault(path, e), e);
        } catch (CharacterCodingException e) {
            throw kind.apply(path + " is not UTF-8 text; download it again", e);
        } catch (IOException e) {
            throw kind.apply(path + " cannot be read: " + Reasons.of(e), e);
        }
    }

    /**
     * The value in a text.
     *
     * @param name what to call the text in messages
     * @param kind makes the exception of a sentence and its cause
     */
    public static JsonNode read(
            String text, String name, BiFunction<String, Throwable, ? extends RuntimeException> kind) {
        try {
            JsonNode node = JSON.readTree(text);
            return node == null ? MissingNode.getInstance() : node;
        } catch (JacksonException e) {
            throw kind.apply(
                    e instanceof StreamConstraintsException
                            ? name + " is nested deeper than " + MAX_DEPTH + " levels, or longer than can be meant"
                            : name + " is not valid JSON",
                    e);
        }
    }

    /** What is wrong with a file that is no JSON of ours. */
    public static String fault(Path path, JacksonException e) {
        String reason = String.valueOf(e.getOriginalMessage());
        if (e instanceof StreamConstraintsException) {
            return path
                    + (reason.contains("nesting depth")
                            ? " is nested deeper than any file of a model; do not trust it"
                            : " holds a name, text or number that is too long to be meant; do not trust it");
        }
        String near =
                e.getLocation() == null ? "" : " near line " + e.getLocation().getLineNr();
        if (reason.startsWith("Duplicate field")) {
            String key = reason.replaceFirst("(?s)Duplicate field '(.*)'.*", "$1");
            return path + " names the key '" + Printable.of(key) + "' twice" + near + "; remove one of them";
        }
        return path + " is not valid JSON" + near + "; download it again";
    }
}
