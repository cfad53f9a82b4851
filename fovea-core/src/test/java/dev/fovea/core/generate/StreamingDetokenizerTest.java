package dev.fovea.core.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
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

    @Property(tries = 200)
    void theStreamedTextIsTheDecodedText(@ForAll @StringLength(max = 40) String text) {
        int[] ids = TOKENIZER.encode(new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8), false);
        String whole = TOKENIZER.decode(ids);
        List<String> pieces = stream(new StreamingDetokenizer(TOKENIZER::decode), ids);
        if (whole.indexOf('\ufffd') < 0) {
            assertThat(String.join("", pieces)).isEqualTo(whole);
        }
    }

    @Property(tries = 200)
    void noPieceButTheLastEndsInAnUnfinishedCharacter(@ForAll @Size(max = 60) List<Byte> ids) {
        StreamingDetokenizer detokenizer = new StreamingDetokenizer(StreamingDetokenizerTest::bytes);
        StringBuilder all = new StringBuilder();
        for (int id : ids) {
            String piece = detokenizer.accept(id);
            assertThat(piece).doesNotEndWith("\ufffd");
            all.append(piece);
        }
        all.append(detokenizer.finish());
        byte[] raw = new byte[ids.size()];
        for (int i = 0; i < raw.length; i++) {
            raw[i] = ids.get(i);
        }
        assertThat(all).hasToString(new String(raw, StandardCharsets.UTF_8));
    }
}
