package dev.fovea.core.text;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.fovea.core.message.Printable;
import dev.fovea.core.message.Suggest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.PrimitiveIterator;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint's own tokenizer, from its {@code tokenizer.json}, run by the Rust library that made the file's format.
 * Nothing is downloaded and nothing is truncated or padded behind the caller's back. Safe for use by several threads.
 */
public final class Tokenizer implements AutoCloseable {
    /** Longer ones would fill the memory or take minutes: far more than any model reads. */
    private static final int LONGEST_TEXT = 2_000_000;

    /** What stands for a picture where no file names a token for it. */
    private static final String USUAL_IMAGE = "<image>";

    private final Path file;
    private final NativeTokenizer tokenizer;
    private final SpecialTokens specialTokens;
    private final Map<String, Integer> addedTokens;
    private final SpecialSpellings spellings;
    private volatile @Nullable Map<Integer, String> vocabulary;
    private @Nullable PrivateTokenizer secretly;
    private boolean closed;

    private Tokenizer(Path file, NativeTokenizer tokenizer, SpecialTokens special, TokenizerFile checked) {
        this.file = file;
        this.tokenizer = tokenizer;
        this.specialTokens = special;
        this.addedTokens = checked.ids();
        this.spellings = new SpecialSpellings(checked, special);
    }

    /**
     * Opens the tokenizer of a checkpoint.
     *
     * @param folder holds {@code tokenizer.json} and usually {@code tokenizer_config.json}
     * @throws TextException if it is missing or broken, in one sentence
     */
    public static Tokenizer open(Path folder) {
        Path file = folder.resolve("tokenizer.json");
        if (!Files.exists(file)) {
            throw new TextException(folder + " holds no tokenizer.json"
                    + (Files.exists(folder.resolve("tokenizer.model"))
                            ? "; convert its tokenizer.model with transformers first"
                            : "; is it the folder of a checkpoint?"));
        }
        TokenizerFile checked = TokenizerFile.read(file);
        SpecialTokens read = SpecialTokens.read(folder);
        boolean usual = read.image() == null && checked.ids().containsKey(USUAL_IMAGE);
        SpecialTokens special = usual ? read.withImage(USUAL_IMAGE) : read;
        return new Tokenizer(file, load(file, checked.json()), special, checked);
    }

    private static NativeTokenizer load(Path file, String json) {
        try {
            return new NativeTokenizer(TokenizerLibrary.get(), json);
        } catch (RuntimeException e) {
            throw new TextException(
                    file + " is not a tokenizer that Fovea can use (" + firstLine(e) + "); download it again", e);
        }
    }

    private static String firstLine(RuntimeException e) {
        return Printable.of(String.valueOf(e.getMessage()).lines().findFirst().orElse("no detail"), 200);
    }

    /** The tokens with a role of their own. */
    public SpecialTokens specialTokens() {
        return specialTokens;
    }

    /**
     * The ids of a text.
     *
     * @param addSpecialTokens whether the tokenizer adds the tokens it frames texts with, such as the beginning of text
     */
    public int[] encode(String text, boolean addSpecialTokens) {
        return toInts(run(text, addSpecialTokens, TokenizersLibrary::getTokenIds));
    }

    /**
     * The ids of a rendered prompt: framed with special tokens, unless the chat template already wrote the beginning of
     * text.
     */
    public int[] encodePrompt(String prompt) {
        return encode(prompt, frames(prompt));
    }

    private boolean frames(String prompt) {
        String beginning = specialTokens.beginning();
        // Not always in front: PaliGemma has its pictures before it.
        return beginning == null || beginning.isEmpty() || !prompt.contains(beginning);
    }

    /**
     * The ids of what somebody wrote: special tokens that it spells are the characters they are written with.
     *
     * @param addSpecialTokens whether the tokenizer adds the tokens it frames texts with
     */
    public int[] encodeText(String text, boolean addSpecialTokens) {
        return mayForge(text) ? encodeSecretly(text, addSpecialTokens) : encode(text, addSpecialTokens);
    }

    /** Whether special tokens may arise from a text, alone or from what it stands between. */
    boolean mayForge(String text) {
        return spellings.mayArise(text)
                || (spellings.behindNormalizer()
                        && Arrays.stream(encode(text, false)).anyMatch(spellings::isSpecial));
    }

    /**
     * The ids of a prompt in which some texts are hidden. Its special tokens are those that are found while they are;
     * these get a secret spelling, and then the texts come back.
     */
    int[] encodePrompt(String prompt, List<String> hidden) {
        PrimitiveIterator.OfInt found = Arrays.stream(encode(prompt, false))
                .filter(spellings::isSpecial)
                .iterator();
        PrivateTokenizer secret = secretly();
        StringBuilder text = new StringBuilder();
        int copied = 0;
        int next = found.hasNext() ? found.nextInt() : -1;
        for (SpecialSpellings.Place place : spellings.find(prompt)) {
            text.append(prompt, copied, place.begin());
            boolean special = place.id() == next;
            text.append(special ? secret.spelling(place.text()) : place.text());
            next = !special ? next : found.hasNext() ? found.nextInt() : -1;
            copied = place.begin() + place.text().length();
        }
        String whole = text.append(prompt, copied, prompt.length()).toString();
        for (int i = 0; i < hidden.size(); i++) {
            whole = whole.replace(secret.veil(i), hidden.get(i));
        }
        return encodeSecretly(whole, frames(prompt));
    }

    /** What stands for a hidden text until the prompt is encoded. */
    String veil(int number) {
        return secretly().veil(number);
    }

    private int[] encodeSecretly(String text, boolean addSpecialTokens) {
        return guarded(text, whole -> secretly().encode(whole, addSpecialTokens));
    }

    /** Made when somebody first writes a special token: until then nobody needs it. */
    private synchronized PrivateTokenizer secretly() {
        PrivateTokenizer known = secretly;
        if (known == null) {
            if (closed) {
                throw new IllegalStateException("The tokenizer has been closed");
            }
            known = new PrivateTokenizer(TokenizerFile.read(file), spellings.all());
            secretly = known;
        }
        return known;
    }

    /** The pieces a text is cut into, as the vocabulary writes them, without framing. */
    public String[] pieces(String text) {
        return run(text, false, TokenizersLibrary::getTokens);
    }

    private <T> T run(String text, boolean addSpecialTokens, BiFunction<TokenizersLibrary, Long, T> part) {
        return guarded(text, whole -> tokenizer.encode(whole, addSpecialTokens, part));
    }

    private <T> T guarded(String text, Function<String, T> encoding) {
        if (text.length() > LONGEST_TEXT) {
            throw new IllegalArgumentException("A text of " + text.length() + " characters is longer than the "
                    + LONGEST_TEXT + " that are read at once; shorten it.");
        }
        try {
            return encoding.apply(whole(text));
        } catch (IllegalStateException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new TextException(file + " cannot encode this text (" + firstLine(e) + ")", e);
        }
    }

    /** Halves of characters, which no encoding has, are replaced as everywhere. */
    private static String whole(String text) {
        if (text.chars().noneMatch(c -> Character.isSurrogate((char) c))) {
            return text;
        }
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    /** The text of these ids, without special tokens. */
    public String decode(int... ids) {
        return decode(ids, true);
    }

    /** The text of these ids, with or without special tokens. */
    public String decode(int[] ids, boolean skipSpecialTokens) {
        return ids.length == 0
                ? ""
                : tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), skipSpecialTokens);
    }

    /** The id of a special or otherwise added token, if there is one of this text. */
    public OptionalInt id(String token) {
        Integer id = addedTokens.get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** The text of the added token with this id. */
    public Optional<String> added(int id) {
        return addedTokens.entrySet().stream()
                .filter(e -> e.getValue() == id)
                .map(Map.Entry::getKey)
                .findFirst();
    }

    /**
     * The id of a special or otherwise added token.
     *
     * @throws TextException if the tokenizer has none of this text
     */
    public int requireId(String token) {
        return id(token)
                .orElseThrow(() -> new TextException(file + " has no special token '" + Printable.of(token) + "'"
                        + Suggest.nearest(token, addedTokens.keySet())));
    }

    /** The end-of-text token's id, if the tokenizer names one. */
    public OptionalInt endId() {
        String end = specialTokens.end();
        return end == null ? OptionalInt.empty() : id(end);
    }

    /** How the vocabulary writes this id, for example {@code ▁red}; empty if it has no such id. */
    public String piece(int id) {
        Map<Integer, String> known = vocabulary;
        if (known == null) {
            known = new HashMap<>();
            for (Map.Entry<String, Integer> e : Vocabulary.read(file).entrySet()) {
                known.put(e.getValue(), e.getKey());
            }
            vocabulary = known;
        }
        return known.getOrDefault(id, "");
    }

    /**
     * For each id the bytes that it stands for in a text; null for special and otherwise added tokens.
     *
     * @throws TextException if the tokens of this kind of tokenizer stand for no fixed bytes
     */
    public List<byte @Nullable []> tokenBytes() {
        return TokenBytes.of(file, Vocabulary.read(file), addedTokens.values());
    }

    private static int[] toInts(long[] ids) {
        return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
    }

    /** Frees the native tokenizer; it cannot be used afterwards. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            if (secretly != null) {
                secretly.close();
            }
        }
        tokenizer.close();
    }
}
