package dev.fovea.core.technique;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A technique as it is named on a command line: {@code id}, {@code id:knob=value,knob=value}, or {@code id:@file} with a
 * {@link KnobFile}; values behind it replace those of the file. {@code id:weights=DIR} names the folder of its trained
 * weights, {@code id:vector=FILE} the file of its steering vectors.
 *
 * @param id the technique's id
 * @param knobs the values given, unchecked
 * @param weights what was named as its weights or its vector, or null
 * @param word whether that was said to be {@code weights} or a {@code vector}
 */
public record TechniqueSpec(
        String id, Map<String, String> knobs, @Nullable String weights, String word) {
    /** Names the folder of trained weights. */
    public static final String WEIGHTS = "weights";

    /** Names the file of steering vectors. */
    public static final String VECTOR = "vector";

    private static final int LONGEST = 500;

    /** With the usual weights, if it has any. */
    public TechniqueSpec(String id, Map<String, String> knobs) {
        this(id, knobs, null, WEIGHTS);
    }

    public TechniqueSpec {
        knobs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(knobs));
    }

    /**
     * Reads {@code fastv:layer=3,keep=0.5} or {@code vflowopt:@knobs.json,cell=4}.
     *
     * @throws IllegalArgumentException with one sentence if the text does not have this form, or its file cannot be
     *     used
     */
    public static TechniqueSpec parse(String text) {
        int colon = text.indexOf(':');
        String id = (colon < 0 ? text : text.substring(0, colon)).strip();
        if (id.isEmpty()) {
            throw new IllegalArgumentException(
                    "Cannot read the technique '" + text + "': write its id, or id:knob=value,knob=value.");
        }
        Map<String, String> knobs = new LinkedHashMap<>();
        Map<String, String> ofFile = new LinkedHashMap<>();
        if (colon >= 0) {
            for (String part : text.substring(colon + 1).split(",", -1)) {
                if (part.strip().startsWith("@")) {
                    ofFile.putAll(knobsOfFile(id, part.strip().substring(1)));
                    continue;
                }
                int equals = part.indexOf('=');
                if (equals < 1 || part.substring(equals + 1).isBlank()) {
                    throw new IllegalArgumentException("Cannot read '" + part + "' in the technique '" + text
                            + "': knobs are written knob=value and separated by commas.");
                }
                String knob = part.substring(0, equals).strip();
                if (knobs.put(knob, part.substring(equals + 1).strip()) != null) {
                    throw new IllegalArgumentException("Knob '" + knob + "' is given twice in '" + text + "'.");
                }
            }
        }
        ofFile.putAll(knobs);
        String weights = ofFile.remove(WEIGHTS);
        String vector = ofFile.remove(VECTOR);
        if (weights != null && vector != null) {
            throw new IllegalArgumentException("The technique '" + text + "' names weights and a vector; name one.");
        }
        return vector == null
                ? new TechniqueSpec(id, ofFile, weights, WEIGHTS)
                : new TechniqueSpec(id, ofFile, vector, VECTOR);
    }

    /**
     * On a command line a technique may name files, of knobs or of weights; in what comes from elsewhere they would be
     * this machine's.
     *
     * @param text untrusted
     * @throws IllegalArgumentException with one sentence if it could name a file, is too long or cannot be read
     */
    public static void refuseFiles(String text) {
        if (text.length() > LONGEST) {
            throw new IllegalArgumentException("A technique has at most " + LONGEST + " characters.");
        }
        boolean names = text.chars().anyMatch(c -> c == '@' || c == '/' || c == '\\') || text.contains("..");
        if (names || parse(text).weights() != null) {
            throw new IllegalArgumentException("A technique cannot name files here.");
        }
    }

    /**
     * The knobs, checked against the technique's card.
     *
     * @throws IllegalArgumentException with one sentence if one does not fit, or weights are named for a technique
     *     without any
     */
    public Knobs knobsOf(Card card) {
        if (weights != null && !card.trained()) {
            throw new IllegalArgumentException(
                    "Technique '" + id + "' has no " + word + " of its own; leave '" + word + "=" + weights + "' out.");
        }
        return Knobs.of(card, knobs);
    }

    private static Map<String, String> knobsOfFile(String id, String name) {
        KnobFile file = KnobFile.read(Path.of(name));
        if (!file.technique().equals(id)) {
            throw new IllegalArgumentException(
                    "The knobs in " + name + " are those of '" + file.technique() + "', not of '" + id + "'.");
        }
        return file.knobs();
    }
}
