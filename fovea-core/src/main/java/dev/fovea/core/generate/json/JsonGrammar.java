package dev.fovea.core.generate.json;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.generate.Constraint;
import dev.fovea.core.generate.Grammar;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * JSON that a schema allows. A document is written compactly or with white space in the usual places; what belongs
 * together stays valid at every token, so that an answer that ends by itself is always a document of the schema.
 *
 * <p>What tokens can follow is worked out once for each place of the grammar that an answer reaches, and kept.
 */
public final class JsonGrammar implements Grammar {
    private static final int MOST_PLACES = 400;

    private final JsonVocabulary vocabulary;
    private final Set<Stack> start;
    private final Map<Set<Stack>, BitSet> places = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Set<Stack>, BitSet> eldest) {
            return size() > MOST_PLACES;
        }
    };

    private JsonGrammar(JsonVocabulary vocabulary, Part document) {
        this.vocabulary = vocabulary;
        this.start = Set.of(Stack.of(Blank.ANY, Stack.of(document, null)));
    }

    /**
     * Documents of a schema: the subset that OpenAI documents for structured outputs ({@code type}, {@code properties},
     * {@code required}, {@code additionalProperties}, {@code items}, {@code minItems}, {@code maxItems}, {@code enum},
     * {@code const}, {@code anyOf}, {@code $ref}, {@code $defs}, {@code pattern}, {@code format}, bounds and multiples of
     * numbers) and {@code minLength} and {@code maxLength}. Members come in the order of the schema, and none that it
     * does not name.
     *
     * @throws SchemaException in one sentence, if something in it cannot be enforced
     */
    public static JsonGrammar ofSchema(JsonNode schema, JsonVocabulary vocabulary) {
        return new JsonGrammar(vocabulary, SchemaReader.read(schema));
    }

    /** Any object. */
    public static JsonGrammar ofAnyObject(JsonVocabulary vocabulary) {
        AnyValue value = new AnyValue(AnyValue.DEEPEST);
        return new JsonGrammar(vocabulary, new Either(List.of(new OpenObject(value))));
    }

    private record OpenObject(Part value) implements Part.Fork {
        @Override
        public List<List<Part>> alternatives() {
            return List.of(List.of(Members.OPEN, new Entries(value, true)));
        }
    }

    @Override
    public Constraint begin() {
        return new Answer();
    }

    private BitSet readable(Set<Stack> from) {
        synchronized (places) {
            BitSet known = places.get(from);
            if (known != null) {
                return known;
            }
        }
        BitSet made = vocabulary.readable(from);
        synchronized (places) {
            places.put(from, made);
        }
        return made;
    }

    private final class Answer implements Constraint {
        private Set<Stack> at = start;

        @Override
        public void forbid(float[] logits) {
            BitSet readable = readable(at);
            for (int i = readable.nextClearBit(0); i < logits.length; i = readable.nextClearBit(i + 1)) {
                logits[i] = Float.NEGATIVE_INFINITY;
            }
        }

        @Override
        public boolean mayEnd() {
            return at.stream().anyMatch(Stack::mayEnd);
        }

        @Override
        public boolean mustEnd() {
            return at.stream().allMatch(Stack.END::equals);
        }

        @Override
        public void accept(int token) {
            at = vocabulary.after(at, token);
        }
    }
}
