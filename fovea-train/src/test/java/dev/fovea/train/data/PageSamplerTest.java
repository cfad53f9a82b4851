package dev.fovea.train.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.image.ImageProcessor;
import dev.fovea.core.image.ImageProcessorConfig;
import dev.fovea.core.image.RgbImage;
import dev.fovea.train.text.WorldTokenizer;
import dev.fovea.world.Skill;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class PageSamplerTest {
    private static final ImageProcessor PROCESSOR = new ImageProcessor(ImageProcessorConfig.clip(224));

    private static PageSampler sampler(List<RgbImage> seen, Skill... extra) {
        PageSampler.Settings settings = new PageSampler.Settings(4, 120, List.of(extra));
        return new PageSampler(
                settings,
                Worlds.TOKENIZER,
                picture -> {
                    seen.add(picture);
                    return PROCESSOR.cut(picture, 1, 2);
                },
                80_000);
    }

    @Test
    void aNumberGivesTheSameBatchAgain() {
        List<RgbImage> seen = Collections.synchronizedList(new ArrayList<>());
        PageBatch a = sampler(seen, Skill.READING).batch(3);
        PageBatch b = sampler(seen, Skill.READING).batch(3);
        assertThat(b.questions().tokens()).isEqualTo(a.questions().tokens());
        assertThat(b.questions().number()).isEqualTo(3);
        for (int i = 0; i < 4; i++) {
            assertThat(seen.get(4 + i).rgb()).isEqualTo(seen.get(i).rgb());
            assertThat(b.pictures().get(i).views()).hasSize(3);
        }
        assertThat(sampler(seen, Skill.READING).batch(4).questions().tokens())
                .isNotEqualTo(a.questions().tokens());
    }

    /** A quarter on the usual canvas, the others anywhere up to three sides by three. */
    @Test
    void picturesAreOfManySizes() {
        List<RgbImage> seen = new ArrayList<>();
        PageSampler sampler = sampler(seen);
        for (int i = 0; i < 25; i++) {
            sampler.batch(i);
        }
        assertThat(seen).hasSize(100);
        assertThat(seen.stream().filter(p -> p.width() == 224 && p.height() == 224))
                .hasSizeBetween(12, 40);
        assertThat(seen).allMatch(p -> p.width() >= 224 && p.width() <= 672 && p.height() >= 224 && p.height() <= 672);
        assertThat(seen.stream().mapToInt(RgbImage::width).max().orElse(0)).isGreaterThan(600);
        assertThat(seen.stream().mapToInt(RgbImage::height).max().orElse(0)).isGreaterThan(600);
    }

    /** No visual token is counted: rows are those of words alone, and answers read as they were given. */
    @Test
    void answersReadAsTheyWereGiven() {
        AnswerBatch b = sampler(new ArrayList<>(), Skill.READING, Skill.READING)
                .batch(1)
                .questions();
        assertThat(b.visual()).isZero();
        assertThat(b.length()).isEqualTo(AnswerBatch.LEAD + 120);
        AnswerBatch.Targets t = b.targets();
        assertThat(t.asked()).isNotEmpty();
        for (int a = 0; a < t.asked().size(); a++) {
            int answer = a;
            long[] ids = java.util.stream.IntStream.range(0, t.rows().length)
                    .filter(i -> t.answer()[i] == answer)
                    .mapToLong(i -> t.ids()[i])
                    .toArray();
            assertThat(ids[ids.length - 1]).isEqualTo(WorldTokenizer.EOS);
            assertThat(Worlds.TOKENIZER.decode(Arrays.copyOf(ids, ids.length - 1)))
                    .isEqualTo(t.asked().get(a).answer());
        }
    }
}
