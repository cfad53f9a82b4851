package dev.fovea.eval.published;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.text.ByteLetters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** A tokenizer of single bytes for models of random weights, with the tokens that their prompts need at their ids. */
final class RandomTokenizer {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String END = "<|end|>";
    private static final int BYTES = 256;

    private RandomTokenizer() {}

    /** Writes {@code tokenizer.json}, its configuration, a chat template and {@code generation_config.json}. */
    static void write(Published published, Description description, Path folder) throws IOException {
        int rows = description.text().vocabulary();
        Map<Integer, String> special = new TreeMap<>();
        description.placeholders().forEach(p -> special.putIfAbsent(p.id(), p.text()));
        int next = rows - 1;
        for (String token : published.tokens()) {
            next = free(special, next);
            special.put(next, token);
        }
        int end = free(special, next);
        special.put(end, END);
        write(folder, "tokenizer.json", tokenizer(special, rows));
        ObjectNode config = MAPPER.createObjectNode();
        config.put("tokenizer_class", "PreTrainedTokenizerFast").put("eos_token", END);
        write(folder, "tokenizer_config.json", config);
        write(folder, "generation_config.json", MAPPER.createObjectNode().put("eos_token_id", end));
        Files.writeString(folder.resolve("chat_template.jinja"), template(published, description));
    }

    private static int free(Map<Integer, String> taken, int from) {
        int id = from;
        while (taken.containsKey(id)) {
            id--;
        }
        return id;
    }

    private static ObjectNode tokenizer(Map<Integer, String> special, int rows) {
        ObjectNode root = MAPPER.createObjectNode().put("version", "1.0");
        ArrayNode added = root.putArray("added_tokens");
        special.forEach((id, text) -> {
            ObjectNode one = added.addObject().put("id", id).put("content", text);
            for (String flag : new String[] {"single_word", "lstrip", "rstrip", "normalized"}) {
                one.put(flag, false);
            }
            one.put("special", true);
        });
        byteLevel(root.putObject("pre_tokenizer"));
        byteLevel(root.putObject("decoder"));
        ObjectNode model = root.putObject("model").put("type", "BPE").put("byte_fallback", false);
        ObjectNode vocabulary = model.putObject("vocab");
        words(special, rows).forEach(vocabulary::put);
        model.putArray("merges");
        return root;
    }

    private static void byteLevel(ObjectNode part) {
        part.put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", true);
    }

    /** The bytes at the first ids that are free, fillers elsewhere. */
    private static Map<String, Integer> words(Map<Integer, String> special, int rows) {
        Map<String, Integer> words = new LinkedHashMap<>();
        special.forEach((id, text) -> words.put(text, id));
        int value = 0;
        for (int id = 0; id < rows; id++) {
            if (!special.containsKey(id)) {
                words.put(value < BYTES ? ByteLetters.of(value++) : "<|" + id + "|>", id);
            }
        }
        return words;
    }

    private static String template(Published published, Description description) {
        String mark = description.layout().mark();
        String first = description.placeholders().getFirst().text();
        String picture = around(published, mark == null ? first : mark);
        String video = around(published, description.placeholders().getLast().text());
        return "{% for message in messages %}{{ message['role'] + ': ' }}{% for part in message['content'] %}"
                + "{% if part['type'] == 'image' %}{{ '" + picture + "' }}"
                + "{% elif part['type'] == 'video' %}{{ '" + video + "' }}"
                + "{% elif part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}{{ '\\n' }}{% endfor %}"
                + "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}";
    }

    private static String around(Published published, String mark) {
        return published.tokens().contains("<|vision_start|>") ? "<|vision_start|>" + mark + "<|vision_end|>" : mark;
    }

    private static void write(Path folder, String name, ObjectNode json) throws IOException {
        Files.writeString(folder.resolve(name), MAPPER.writeValueAsString(json) + "\n");
    }
}
