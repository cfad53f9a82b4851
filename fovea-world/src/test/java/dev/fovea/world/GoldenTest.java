package dev.fovea.world;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same seed gives the same bytes: a model is trained on exactly these pictures and words. */
class GoldenTest {
    @ParameterizedTest
    @CsvSource({
        "0, 224, 929048868d9a15e48b5a98df09bb8a09",
        "1, 224, d5ca1ee3deefa7138129856072baa160",
        "2, 64, ec36d01e1633867a058aeb5806b13e1f",
        "3, 97, c70d61556e2d035bee445441146f6e41",
        "4, 1024, bd9afda7ec08b14cadd09b48406e77b1",
        "-5, 224, 172627f6a871373cc43db97501bc2fce",
        "9223372036854775807, 224, e89cd0c3e7d2ebe107086fea22a391a3",
    })
    void picturesKeepTheirBytes(long seed, int size, String expected) {
        Picture picture = Renderer.render(Scenes.generate(seed, SceneOptions.defaults()), size);
        assertThat(sha256(List.of(picture.rgb(), picture.owner()))).isEqualTo(expected);
    }

    @Test
    void wordsKeepTheirLetters() {
        StringBuilder all = new StringBuilder();
        for (long seed = 0; seed < 200; seed++) {
            Scene scene = Scenes.generate(seed, SceneOptions.defaults());
            Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
            all.append(Captions.full(scene, picture)).append('\n');
            all.append(Captions.brief(scene, picture, seed)).append('\n');
            for (Question question : Questions.of(scene, picture, seed)) {
                all.append(words(question)).append('\n');
            }
            for (Question question : Questions.sample(scene, picture, seed, 8)) {
                all.append(words(question)).append('\n');
            }
        }
        assertThat(sha256(List.of(all.toString().getBytes(StandardCharsets.UTF_8))))
                .isEqualTo("3f2d8feabc84090f78195a8a7bef9395");
    }

    /** What is asked and answered, without the objects that it is about: a record as it is written. */
    private static String words(Question q) {
        return "Question[skill=" + q.skill() + ", kind=" + q.kind() + ", text=" + q.text() + ", answer=" + q.answer()
                + ", accepted=" + q.accepted() + ", box=" + q.box() + "]";
    }

    private static String sha256(List<byte[]> parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            parts.forEach(digest::update);
            return HexFormat.of().formatHex(digest.digest()).substring(0, 32);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java runtime has SHA-256.", e);
        }
    }
}
