package dev.fovea.world.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class CompressionTest {
    private static byte[] inflate(byte[] deflated, int length) throws DataFormatException {
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(deflated);
            byte[] result = new byte[length + 1];
            int n = inflater.inflate(result);
            assertThat(inflater.finished()).isTrue();
            return Arrays.copyOf(result, n);
        } finally {
            inflater.end();
        }
    }

    @RepeatedTest(300)
    void whatIsCompressedInflates(RepetitionInfo trial) throws DataFormatException {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        byte[] data = new byte[random.nextInt(256)];
        random.nextBytes(data);
        assertThat(inflate(Deflate.compress(data), data.length)).isEqualTo(data);
    }

    /** Few symbols and long repeats, over more than one window. */
    @RepeatedTest(60)
    void repeatsInflate(RepetitionInfo trial) throws DataFormatException {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        int symbols = random.nextInt(1, 6);
        int length = random.nextInt(8) == 0 ? random.nextInt(300) : random.nextInt(90_001);
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++) {
            boolean repeat = i > 40_000 && random.nextInt(50) > 0;
            data[i] = repeat ? data[i - 32_768 + (i & 7)] : (byte) (random.nextInt(symbols) * 77);
        }
        assertThat(inflate(Deflate.compress(data), length)).isEqualTo(data);
    }

    @Test
    void aLongRunShrinks() {
        assertThat(Deflate.compress(new byte[258 * 1000]).length).isLessThan(2000);
    }

    @RepeatedTest(1000)
    void masksComeBack(RepetitionInfo trial) {
        SplittableRandom random = new SplittableRandom(trial.getCurrentRepetition());
        int width = new int[] {1, 4, 6, 15, 60}[random.nextInt(5)];
        // From empty over long runs to full.
        int change = random.nextInt(2, 70);
        boolean[] mask = new boolean[60];
        boolean inside = random.nextBoolean();
        for (int i = 0; i < mask.length; i++) {
            inside ^= random.nextInt(change) == 0;
            mask[i] = inside;
        }
        List<Integer> counts = MaskRle.encode(mask, width, 60 / width);
        assertThat(MaskRle.decode(counts, width, 60 / width)).isEqualTo(mask);
        assertThat(counts.stream().mapToInt(i -> i).sum()).isEqualTo(60);
        assertThat(counts.stream().skip(1)).allMatch(run -> run > 0);
    }

    @Test
    void masksAreReadColumnByColumn() {
        boolean[] mask = {true, false, true, false, false, true};
        assertThat(MaskRle.encode(mask, 3, 2)).containsExactly(0, 1, 3, 2);
        assertThatThrownBy(() -> MaskRle.encode(mask, 2, 2)).hasMessageContaining("6 pixels");
    }
}
