package dev.fovea.core;

import dev.fovea.core.file.StrictJson;
import dev.fovea.core.generate.Grammar;
import dev.fovea.core.generate.json.JsonGrammar;
import dev.fovea.core.generate.json.JsonVocabulary;
import dev.fovea.core.text.Tokenizer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The JSON that answers of one model may be held to. The last forms are kept, because programs ask for the same ones
 * again and again. Safe for use by several threads.
 */
final class JsonForms {
    private static final int MOST = 32;

    private final Tokenizer tokenizer;
    private @Nullable JsonVocabulary vocabulary;
    private final Map<String, Grammar> known = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Grammar> eldest) {
            return size() > MOST;
        }
    };

    JsonForms(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** What the tokens stand for; worked out when it is first asked for. */
    synchronized JsonVocabulary vocabulary() {
        JsonVocabulary made = vocabulary;
        if (made == null) {
            made = new JsonVocabulary(tokenizer.tokenBytes());
            vocabulary = made;
        }
        return made;
    }

    /** @param schema null for any object */
    Grammar form(@Nullable String schema) {
        String key = String.valueOf(schema);
        Grammar form = known(key);
        if (form == null) {
            form = make(schema);
            keep(key, form);
        }
        return form;
    }

    private synchronized @Nullable Grammar known(String key) {
        return known.get(key);
    }

    private synchronized void keep(String key, Grammar form) {
        known.put(key, form);
    }

    private Grammar make(@Nullable String schema) {
        if (schema == null) {
            return JsonGrammar.ofAnyObject(vocabulary());
        }
        return JsonGrammar.ofSchema(
                StrictJson.read(
                        schema, "The schema", (sentence, cause) -> new IllegalArgumentException(sentence + ".", cause)),
                vocabulary());
    }
}
