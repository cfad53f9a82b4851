package dev.fovea.train.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.train.text.WorldTokenizer;
import dev.fovea.world.SceneOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Packed questions, each by itself. */
class ApartTest {
    private static final AnswerBatch PACKED = new AnswerSampler(
                    SceneOptions.defaults(),
                    new AnswerSampler.Settings(2, 256, 120, 0, 0.5, 0, true, List.of()),
                    Worlds.TOKENIZER,
                    11)
            .batch(3);

    private static String text(AnswerBatch b, int sample, int to) {
        long[] ids = Arrays.stream(b.tokens(), sample * b.text(), sample * b.text() + to)
                .asLongStream()
                .toArray();
        return Worlds.TOKENIZER.decode(ids, false);
    }

    @Test
    void everyAnsweredQuestionIsASample() {
        Apart apart = Apart.of(PACKED);
        AnswerBatch own = apart.batch();
        assertThat(own.number()).isEqualTo(3);
        assertThat(own.samples()).isEqualTo(PACKED.targets().asked().size()).isGreaterThan(8);
        assertThat(own.targets().ids()).containsExactly(PACKED.targets().ids());
        assertThat(own.targets().answer()).containsExactly(PACKED.targets().answer());
        assertThat(own.visual()).isEqualTo(256);
        int chained = 0;
        for (int q = 0; q < own.samples(); q++) {
            int question = q;
            int[] at = IntStream.range(0, own.targets().rows().length)
                    .filter(i -> own.targets().answer()[i] == question)
                    .map(i -> own.targets().rows()[i] - question * own.length() - AnswerBatch.LEAD - 256)
                    .toArray();
            assertThat(own.scenes().get(q)).isSameAs(PACKED.scenes().get(apart.pictures()[q]));
            String asked = own.targets().asked().get(q).text();
            String before = text(own, q, at[0] + 1);
            assertThat(before.replace(" ", "")).endsWith(asked.replace(" ", "") + "<assistant>");
            chained += before.contains("<user>") ? 1 : 0;
            // The last word in front of the end of the answer is the last word there is.
            int used = (int) IntStream.range(0, own.text())
                    .filter(i -> own.segments()[question * own.text() + i] >= 0)
                    .count();
            assertThat(at[at.length - 1]).isEqualTo(used - 1);
            assertThat(own.targets().ids()[indexOf(own, q, at.length)]).isEqualTo(WorldTokenizer.EOS);
        }
        assertThat(chained).as("questions that follow others keep them").isPositive();
    }

    private static int indexOf(AnswerBatch b, int question, int targets) {
        List<Integer> own = new ArrayList<>();
        for (int i = 0; i < b.targets().answer().length; i++) {
            if (b.targets().answer()[i] == question) {
                own.add(i);
            }
        }
        return own.get(targets - 1);
    }
}
