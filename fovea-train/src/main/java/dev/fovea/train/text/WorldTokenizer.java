package dev.fovea.train.text;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.text.ByteLetters;
import dev.fovea.world.Captions;
import dev.fovea.world.Picture;
import dev.fovea.world.Question;
import dev.fovea.world.Questions;
import dev.fovea.world.Renderer;
import dev.fovea.world.Scene;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Scenes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Learns a byte-level BPE vocabulary from the texts of the world and writes it as {@code tokenizer.json}. Frequent
 * words become one token; anything else that a person types falls back to bytes.
 */
public final class WorldTokenizer {
    /** Special tokens, in the order of their ids. */
    public static final List<String> SPECIAL = List.of("<pad>", "<s>", "</s>", "<image>", "<user>", "<assistant>");

    /** Ends a text for the contrastive text tower; comes after all learned tokens. */
    public static final String END_OF_TEXT = "<eot>";

    public static final int PAD = 0;
    public static final int BOS = 1;
    public static final int EOS = 2;
    public static final int IMAGE = 3;
    public static final int USER = 4;
    public static final int ASSISTANT = 5;

    private static final Pattern PIECES =
            Pattern.compile("'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+");
    private static final ObjectMapper JSON = new ObjectMapper();

    private WorldTokenizer() {}

    /**
     * @param scenes scenes to read texts from
     * @param mostMerges most tokens to learn beside bytes and special tokens
     * @return the text of {@code tokenizer.json}
     */
    public static String learn(int scenes, int mostMerges) {
        Map<String, Integer> words = new TreeMap<>();
        for (int number = 0; number < 100; number++) {
            count(words, " " + number, 50);
            count(words, "" + number, 20);
        }
        for (int seed = 0; seed < scenes; seed++) {
            Scene scene = Scenes.generate(seed, SceneOptions.defaults());
            Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
            count(words, Captions.full(scene, picture), 1);
            count(words, Captions.brief(scene, picture, seed), 1);
            for (Question q : Questions.sample(scene, picture, seed, 20)) {
                count(words, q.text(), 1);
                count(words, q.answer(), 1);
            }
        }
        return write(merges(words, mostMerges));
    }

    private static void count(Map<String, Integer> words, String text, int times) {
        Matcher m = PIECES.matcher(text);
        while (m.find()) {
            words.merge(m.group(), times, Integer::sum);
        }
    }

    private record Pair(String left, String right) {}

    private static List<Pair> merges(Map<String, Integer> words, int most) {
        List<List<String>> pieces = new ArrayList<>();
        List<Integer> counts = new ArrayList<>();
        words.forEach((word, count) -> {
            List<String> symbols = new ArrayList<>();
            for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
                symbols.add(ByteLetters.of(b & 0xFF));
            }
            pieces.add(symbols);
            counts.add(count);
        });
        List<Pair> merges = new ArrayList<>();
        while (merges.size() < most) {
            Pair best = mostFrequent(pieces, counts);
            if (best == null) {
                break;
            }
            merges.add(best);
            pieces.forEach(symbols -> merge(symbols, best));
        }
        return merges;
    }

    private static @org.jspecify.annotations.Nullable Pair mostFrequent(
            List<List<String>> pieces, List<Integer> counts) {
        Map<Pair, Integer> frequency = new HashMap<>();
        for (int w = 0; w < pieces.size(); w++) {
            List<String> symbols = pieces.get(w);
            for (int i = 0; i + 1 < symbols.size(); i++) {
                frequency.merge(new Pair(symbols.get(i), symbols.get(i + 1)), counts.get(w), Integer::sum);
            }
        }
        // Ties go to the pair that sorts first, so that the vocabulary is the same on every machine.
        return frequency.entrySet().stream()
                .filter(e -> e.getValue() >= 3)
                .max(Map.Entry.<Pair, Integer>comparingByValue()
                        .thenComparing(
                                (Map.Entry<Pair, Integer> e) ->
                                        e.getKey().left() + " " + e.getKey().right(),
                                Comparator.reverseOrder()))
                .map(Map.Entry::getKey)
                .orElse(null);
    }

    private static void merge(List<String> symbols, Pair pair) {
        for (int i = 0; i + 1 < symbols.size(); i++) {
            if (symbols.get(i).equals(pair.left()) && symbols.get(i + 1).equals(pair.right())) {
                symbols.set(i, pair.left() + pair.right());
                symbols.remove(i + 1);
            }
        }
    }

    /** Adds a special token to the {@code added_tokens} of a {@code tokenizer.json}. */
    public static void special(ArrayNode added, String content, int id) {
        added.addObject()
                .put("id", id)
                .put("content", content)
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("special", true);
    }

    private static String write(List<Pair> merges) {
        Map<String, Integer> vocabulary = new LinkedHashMap<>();
        SPECIAL.forEach(s -> vocabulary.put(s, vocabulary.size()));
        for (int b = 0; b < 256; b++) {
            vocabulary.put(ByteLetters.of(b), vocabulary.size());
        }
        merges.forEach(m -> vocabulary.putIfAbsent(m.left() + m.right(), vocabulary.size()));

        ObjectNode root = JSON.createObjectNode();
        root.put("version", "1.0");
        root.putNull("truncation");
        root.putNull("padding");
        ArrayNode added = root.putArray("added_tokens");
        for (int i = 0; i < SPECIAL.size(); i++) {
            special(added, SPECIAL.get(i), i);
        }
        special(added, END_OF_TEXT, vocabulary.size());
        root.putNull("normalizer");
        ObjectNode byteLevel = JSON.createObjectNode()
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", true);
        root.set("pre_tokenizer", byteLevel);
        root.putNull("post_processor");
        root.set("decoder", byteLevel.deepCopy());
        ObjectNode model = root.putObject("model");
        model.put("type", "BPE");
        model.putNull("dropout");
        model.putNull("unk_token");
        model.putNull("continuing_subword_prefix");
        model.putNull("end_of_word_suffix");
        model.put("fuse_unk", false);
        model.put("byte_fallback", false);
        ObjectNode vocab = model.putObject("vocab");
        vocabulary.forEach(vocab::put);
        ArrayNode pairs = model.putArray("merges");
        merges.forEach(m -> pairs.addArray().add(m.left()).add(m.right()));
        return root.toPrettyString() + "\n";
    }
}
