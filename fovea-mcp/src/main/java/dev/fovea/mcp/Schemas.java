package dev.fovea.mcp;

import java.util.ArrayList;
import java.util.List;

/** JSON schemas of arguments, which tools have in common. */
final class Schemas {
    /** Longest answer of a call. */
    static final int MOST_TOKENS = 4_096;

    static final String PICTURE =
            "\"picture\": {\"type\": \"string\", \"description\": \"A picture or a PDF document: the name of a file, or it"
                    + " itself as data:image/png;base64,... or data:application/pdf;base64,...\"}";
    static final String QUESTION =
            "\"question\": {\"type\": \"string\", \"description\": \"What to ask about the" + " picture.\"}";
    static final String TECHNIQUES =
            "\"techniques\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}, \"description\": \"How visual"
                    + " tokens are spent: ids such as hiprune, or id:knob=value,...; without any all tokens are kept.\"}";
    static final String BUDGET =
            "\"budget\": {\"type\": \"string\", \"description\": \"Visual tokens to spend: a count (64), a share (25%)"
                    + " or full.\"}";
    static final String MAX_TOKENS = "\"max_tokens\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": "
            + MOST_TOKENS + ", \"description\": \"The longest answer, in tokens.\"}";

    private Schemas() {}

    /** An object of these members, of which the required ones are named. */
    static String of(List<String> required, String... members) {
        List<String> names = new ArrayList<>();
        required.forEach(name -> names.add("\"" + name + "\""));
        return "{\"type\": \"object\", \"additionalProperties\": false, \"required\": [" + String.join(", ", names)
                + "], \"properties\": {" + String.join(", ", members) + "}}";
    }
}
