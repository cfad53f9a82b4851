package dev.fovea.core.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class StreamingDetokenizerTest {
    private static final Tokenizer TOKENIZER = Tokenizer.open(Path.of("src/test/resources/golden/llava-gqa"));

    /** A tokenizer whose tokens are the bytes of UTF-8. */
    private static String bytes(int[] ids) {
        byte[] b = new byte[ids.length];
        for (int i = 0; i < b.length; i++) {
            b[i] = (byte) ids[i];
        }
        return new String(b, StandardCharsets.UTF_8);
    }

    private static List<String> stream(StreamingDetokenizer detokenizer, int... ids) {
        List<String> out = new ArrayList<>();
        for (int id : ids) {
            out.add(detokenizer.accept(id));
        }
        out.add(detokenizer.finish());
        return out;
    }

    /** Up to 40 UTF-16 units of any kind: letters, marks, halves of pairs. */
    private static String text(SplittableRandom random) {
        int[] bounds = {0x80, 0x800, 0x10000};
        return random.ints(random.nextInt(41), 0, 3)
                .map(i -> random.nextInt(bounds[i]))
                .collect(StringBuilder::new, (b, c) -> b.append((char) c), StringBuilder::append)
                .toString();
    }

    /** Up to 60 bytes: any at all, or sound UTF-8 that is cut and broken in places. */
    private static byte[] raw(SplittableRandom random) {
        byte[] raw = new byte[random.nextInt(61)];
        random.nextBytes(raw);
        if (random.nextBoolean()) {
            byte[] sound = text(random).getBytes(StandardCharsets.UTF_8);
            int n = Math.min(sound.length, raw.length);
            byte[] cut = Arrays.copyOf(sound, n);
            for (int i = 0; i < n; i++) {
                cut[i] = random.nextInt(8) == 0 ? raw[i] : cut[i];
            }
            return cut;
        }
        return raw;
    }

    @Test
    void charactersComeWhole() {
        byte[] text = "a\u00e9\ud83d\ude42b".getBytes(StandardCharsets.UTF_8);
        int[] ids = new int[text.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = text[i];
        }
        assertThat(stream(new StreamingDetokenizer(StreamingDetokenizerTest::bytes), ids))
                .containsExactly("a", "", "\u00e9", "", "", "", "\ud83d\ude42", "b", "");
    }

    @Test
    void anUnfinishedCharacterShowsAtTheEnd() {
        assertThat(stream(new StreamingDetokenizer(StreamingDetokenizerTest::bytes), 'a', 0xf0, 0x9f))
                .containsExactly("a", "", "", "\ufffd");
    }

    @Test
    void spacesBetweenWordsAreKept() {
        int[] ids = TOKENIZER.encode("How many red circles are there?", false);
        assertThat(String.join("", stream(new StreamingDetokenizer(TOKENIZER::decode), ids)))
                .isEqualTo("How many red circles are there?");
    }

    @RepeatedTest(200)
    void theStreamedTextIsTheDecodedText(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        String text = text(random);
        int[] ids = TOKENIZER.encode(new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8), false);
        String whole = TOKENIZER.decode(ids);
        List<String> pieces = stream(new StreamingDetokenizer(TOKENIZER::decode), ids);
        if (whole.indexOf('\ufffd') < 0) {
            assertThat(String.join("", pieces)).isEqualTo(whole);
        }
    }

    @RepeatedTest(200)
    void noPieceButTheLastEndsInAnUnfinishedCharacter(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        byte[] raw = raw(random);
        StreamingDetokenizer detokenizer = new StreamingDetokenizer(StreamingDetokenizerTest::bytes);
        StringBuilder all = new StringBuilder();
        for (int id : raw) {
            String piece = detokenizer.accept(id);
            assertThat(piece).doesNotEndWith("\ufffd");
            all.append(piece);
        }
        all.append(detokenizer.finish());
        assertThat(all).hasToString(new String(raw, StandardCharsets.UTF_8));
    }
}
