package dev.fovea.core.layer;

import dev.fovea.core.kernel.RowRotation;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Rotary position embedding in the layout of Hugging Face's Llama: the two halves of a head are the real and imaginary
 * parts (Su et al., arXiv 2104.09864). Angles and tables are f32. A position may have several axes (time, row, column);
 * each frequency then turns with one of them.
 */
public final class RotaryEmbedding {
    private final float[] inverseFrequencies;
    private final int[] axisOf;
    private final float attentionScaling;

    /**
     * Positions of one axis.
     *
     * @param inverseFrequencies {@code [head dim / 2]}
     * @param attentionScaling factor on cosines and sines (1 unless a scaling scheme says otherwise)
     */
    public RotaryEmbedding(float[] inverseFrequencies, float attentionScaling) {
        this(inverseFrequencies, new int[inverseFrequencies.length], attentionScaling);
    }

    private RotaryEmbedding(float[] inverseFrequencies, int[] axisOf, float attentionScaling) {
        this.inverseFrequencies = inverseFrequencies.clone();
        this.axisOf = axisOf.clone();
        this.attentionScaling = attentionScaling;
    }

    /** Unscaled: {@code 1 / theta^(2i / d)}. */
    public static RotaryEmbedding plain(int headDim, double theta) {
        return new RotaryEmbedding(RotaryFrequencies.plain(headDim, theta), 1f);
    }

    /**
     * Rows and columns of a picture, each with the frequencies of half a head: the first half of the frequencies turns
     * with the row, the second with the column (Qwen2-VL's encoder, arXiv 2409.12191).
     */
    public static RotaryEmbedding ofGrid(int headDim, double theta) {
        float[] ofAxis = RotaryFrequencies.plain(headDim / 2, theta);
        float[] both = Arrays.copyOf(ofAxis, 2 * ofAxis.length);
        System.arraycopy(ofAxis, 0, both, ofAxis.length, ofAxis.length);
        return new RotaryEmbedding(both, 1f).inSections(ofAxis.length, ofAxis.length);
    }

    /** The same with the frequencies of a whole head, which rows and columns take in turns (Pixtral, arXiv 2410.07073). */
    public static RotaryEmbedding ofGridInTurns(int headDim, double theta) {
        float[] all = RotaryFrequencies.plain(headDim, theta);
        int half = all.length / 2;
        float[] apart = new float[all.length];
        for (int i = 0; i < half; i++) {
            apart[i] = all[2 * i];
            apart[half + i] = all[2 * i + 1];
        }
        return new RotaryEmbedding(apart, 1f).inSections(half, half);
    }

    /**
     * The same frequencies over several axes: the first {@code sections[0]} turn with axis 0, the next with axis 1, and
     * so on (multimodal rotary positions, arXiv 2409.12191 section 2.1).
     *
     * @throws IllegalArgumentException if the sections do not add up to the frequencies
     */
    public RotaryEmbedding inSections(int... sections) {
        checkSum(sections);
        int[] axes = new int[inverseFrequencies.length];
        int at = 0;
        for (int axis = 0; axis < sections.length; axis++) {
            Arrays.fill(axes, at, at + sections[axis], axis);
            at += sections[axis];
        }
        return new RotaryEmbedding(inverseFrequencies, axes, attentionScaling);
    }

    /**
     * The same frequencies over several axes that take turns: of every three the second turns with axis 1 and the third
     * with axis 2, as long as the axis has frequencies left to take; all others turn with axis 0 (interleaved multimodal
     * rotary positions of Qwen3-VL, arXiv 2511.21631).
     *
     * @param sections frequencies of each axis
     * @throws IllegalArgumentException if the sections do not add up to the frequencies
     */
    public RotaryEmbedding interleaved(int... sections) {
        checkSum(sections);
        int[] axes = new int[inverseFrequencies.length];
        for (int axis = 1; axis < sections.length; axis++) {
            for (int k = 0; k < sections[axis] && axis + k * sections.length < axes.length; k++) {
                axes[axis + k * sections.length] = axis;
            }
        }
        return new RotaryEmbedding(inverseFrequencies, axes, attentionScaling);
    }

    private void checkSum(int... sections) {
        if (Arrays.stream(sections).anyMatch(section -> section < 0)
                || Arrays.stream(sections).asLongStream().sum() != inverseFrequencies.length) {
            throw new IllegalArgumentException("Sections " + Arrays.toString(sections) + " do not add up to the "
                    + inverseFrequencies.length + " rotary frequencies of a head");
        }
    }

    /** How many axes a position has. */
    public int axes() {
        return 1 + Arrays.stream(axisOf).max().orElse(0);
    }

    /** Cosines and sines for a list of positions, each {@code [positions, head dim]}. */
    public record Table(Tensor cos, Tensor sin) {}

    /** The table for these position ids of one axis. */
    public Table table(int[] positions) {
        return table(new int[][] {positions});
    }

    /**
     * The table for position ids of several axes.
     *
     * @param positions {@code [axes][tokens]}
     */
    public Table table(int[][] positions) {
        int half = inverseFrequencies.length;
        int tokens = positions[0].length;
        float[] cos = new float[tokens * 2 * half];
        float[] sin = new float[cos.length];
        for (int p = 0; p < tokens; p++) {
            for (int i = 0; i < half; i++) {
                // transformers multiplies in f32 before taking the cosine; so do we, to agree at large positions.
                float angle = positions[axisOf[i]][p] * inverseFrequencies[i];
                float c = (float) Math.cos(angle) * attentionScaling;
                float s = (float) Math.sin(angle) * attentionScaling;
                int at = p * 2 * half + i;
                cos[at] = c;
                cos[at + half] = c;
                sin[at] = s;
                sin[at + half] = s;
            }
        }
        return new Table(Tensors.of(cos, tokens, 2L * half), Tensors.of(sin, tokens, 2L * half));
    }

    /** Frequencies of a head: half its channels. */
    public int half() {
        return inverseFrequencies.length;
    }

    /**
     * Cosines and sines for a token that stands at the same position on every axis.
     *
     * @param cos receives {@code [head dim / 2]} from {@code at} on
     * @param sin as cos
     */
    public void turn(int position, float[] cos, float[] sin, int at) {
        for (int i = 0; i < inverseFrequencies.length; i++) {
            float angle = position * inverseFrequencies[i];
            cos[at + i] = (float) Math.cos(angle) * attentionScaling;
            sin[at + i] = (float) Math.sin(angle) * attentionScaling;
        }
    }

    /**
     * Rotates queries or keys.
     *
     * @param x {@code [..., tokens, head dim]}
     * @param table for these tokens; broadcast over the leading dimensions
     */
    public static Tensor rotate(Tensor x, Table table) {
        if (RowRotation.takes(x, table.cos(), table.sin())) {
            return RowRotation.forward(x, table.cos(), table.sin());
        }
        long half = x.size(-1) / 2;
        DType dtype = DType.of(x.scalar_type());
        if (x.requires_grad()) {
            // The sign of the first half goes into the small table, which spares passes over memory.
            Tensor wide = Tensors.to(x, DType.F32);
            Tensor turned = Tensors.cat(-1, wide.narrow(-1, half, half), wide.narrow(-1, 0, half));
            Tensor first = table.sin().narrow(-1, 0, half).neg();
            Tensor signed = Tensors.cat(-1, first, table.sin().narrow(-1, half, half));
            return Tensors.to(torch.addcmul(wide.mul(table.cos()), turned, signed), dtype);
        }
        // The same sums without copies of the whole: half by half, in the one copy that is needed anyway.
        Tensor wide = dtype == DType.F32 ? x.clone() : Tensors.to(x, DType.F32);
        Tensor real = wide.narrow(-1, 0, half);
        Tensor imaginary = wide.narrow(-1, half, half);
        Tensor cos = table.cos().narrow(-1, 0, half);
        Tensor sin = table.sin().narrow(-1, 0, half);
        Tensor realTurned = real.mul(sin);
        Tensor imaginaryTurned = imaginary.mul(sin);
        real.mul_(cos).sub_(imaginaryTurned);
        imaginary.mul_(cos).add_(realTurned);
        return Tensors.to(wide, dtype);
    }
}
