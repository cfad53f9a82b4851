package dev.fovea.world.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
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

    @Property(tries = 300)
    void whatIsCompressedInflates(@ForAll byte[] data) throws DataFormatException {
        assertThat(inflate(Deflate.compress(data), data.length)).isEqualTo(data);
    }

    /** Few symbols and long repeats, over more than one window. */
    @Property(tries = 60)
    void repeatsInflate(
            @ForAll @IntRange(min = 1, max = 5) int symbols,
            @ForAll @IntRange(max = 90_000) int length,
            @ForAll long seed)
            throws DataFormatException {
        Random random = new Random(seed);
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

    @Property
    void masksComeBack(@ForAll @Size(value = 60) boolean[] mask, @ForAll @IntRange(min = 0, max = 4) int divisor) {
        int width = new int[] {1, 4, 6, 15, 60}[divisor];
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
