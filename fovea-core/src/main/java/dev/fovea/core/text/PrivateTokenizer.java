package dev.fovea.core.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The same tokenizer with its special tokens spelled in a secret way, so that a text can hold both: special tokens where
 * the secret stands, and the usual spellings as the text they are. The native library has no other way to do that.
 */
final class PrivateTokenizer implements AutoCloseable {
    private static final int SECRET = 16;
    private static final int DIGITS = 4;

    private final String secret = secret();
    private final String veil = secret();
    private final Map<String, String> spellings = new HashMap<>();
    private final Map<String, Integer> originals = new HashMap<>();
    private final Map<String, Integer> others = new HashMap<>();
    private final NativeTokenizer tokenizer;

    /**
     * Loads it.
     *
     * @param file the tokenizer
     * @param specials the tokens that get a secret spelling, by their usual one
     */
    PrivateTokenizer(TokenizerFile file, Set<String> specials) {
        for (AddedToken token : file.added()) {
            Integer id = file.ids().get(token.content());
            if (id == null) {
                continue;
            }
            if (specials.contains(token.content())) {
                String spelling = spellings.computeIfAbsent(token.content(), t -> secret + digits(spellings.size()));
                originals.put(spelling, id);
            } else if (!file.inModel().contains(token.content())) {
                others.put(token.content(), id);
            }
        }
        this.tokenizer = new NativeTokenizer(TokenizerLibrary.get(), respelled(file.json(), spellings));
    }

    /** Letters survive every normalizer, and nobody guesses sixteen of them. */
    private static String secret() {
        SecureRandom random = new SecureRandom();
        StringBuilder letters = new StringBuilder();
        for (int i = 0; i < SECRET; i++) {
            letters.append((char) ('a' + random.nextInt(26)));
        }
        return letters.toString();
    }

    /** What stands for the text with this number until it may be seen. */
    String veil(int number) {
        return veil + digits(number);
    }

    /** All of one length: none begins another. */
    private static String digits(int number) {
        StringBuilder digits = new StringBuilder();
        int rest = number;
        for (int i = 0; i < DIGITS; i++) {
            digits.append((char) ('a' + rest % 26));
            rest /= 26;
        }
        return digits.toString();
    }

    /** How a special token is written here. */
    String spelling(String special) {
        return spellings.getOrDefault(special, special);
    }

    private static String respelled(String json, Map<String, String> spellings) {
        StringWriter out = new StringWriter(json.length());
        JsonFactory factory = new JsonFactory();
        try (JsonParser in = factory.createParser(json);
                JsonGenerator copy = factory.createGenerator(out)) {
            boolean added = false;
            int depth = 0;
            for (JsonToken token = in.nextToken(); token != null; token = in.nextToken()) {
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                if (token == JsonToken.FIELD_NAME && depth == 1) {
                    added = in.currentName().equals("added_tokens");
                }
                String secret = added && token == JsonToken.VALUE_STRING && "content".equals(in.currentName())
                        ? spellings.get(in.getText())
                        : null;
                if (secret == null) {
                    copy.copyCurrentEventExact(in);
                } else {
                    copy.writeString(secret);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString();
    }

    private record Encoded(long[] ids, String[] tokens) {}

    /** The ids of a text as the tokenizer itself would give them, were only the secret spellings special. */
    int[] encode(String text, boolean addSpecialTokens) {
        Encoded encoded = tokenizer.encode(
                text,
                addSpecialTokens,
                (library, handle) -> new Encoded(library.getTokenIds(handle), library.getTokens(handle)));
        int[] ids = new int[encoded.ids.length];
        for (int i = 0; i < ids.length; i++) {
            Integer original = original(encoded.tokens[i]);
            ids[i] = original == null ? Math.toIntExact(encoded.ids[i]) : original;
        }
        return ids;
    }

    /** Added tokens may have taken the blanks around them. */
    private @Nullable Integer original(String token) {
        int at = token.indexOf(secret);
        if (at >= 0 && at + SECRET + DIGITS <= token.length()) {
            return originals.get(token.substring(at, at + SECRET + DIGITS));
        }
        Integer other = others.get(token);
        return other != null ? other : others.get(token.strip());
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
