package dev.fovea.core.technique;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A technique as it is named on a command line: {@code id} or {@code id:knob=value,knob=value}.
 *
 * @param id the technique's id
 * @param knobs the values given, unchecked
 */
public record TechniqueSpec(String id, Map<String, String> knobs) {

    public TechniqueSpec {
        knobs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(knobs));
    }

    /**
     * Reads {@code fastv:layer=3,keep=0.5}.
     *
     * @throws IllegalArgumentException with one sentence if the text does not have this form
     */
    public static TechniqueSpec parse(String text) {
        int colon = text.indexOf(':');
        String id = (colon < 0 ? text : text.substring(0, colon)).strip();
        if (id.isEmpty()) {
            throw new IllegalArgumentException(
                    "Cannot read the technique '" + text + "': write its id, or id:knob=value,knob=value.");
        }
        Map<String, String> knobs = new LinkedHashMap<>();
        if (colon >= 0) {
            for (String part : text.substring(colon + 1).split(",", -1)) {
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
        return new TechniqueSpec(id, knobs);
    }
}
