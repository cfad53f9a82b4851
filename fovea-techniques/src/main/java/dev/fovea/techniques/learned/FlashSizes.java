package dev.fovea.techniques.learned;

import dev.fovea.core.learned.Declaration;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Knobs;

/**
 * The sizes of FLASH's draft (arXiv 2505.12728, section 4 and the configuration of the official code), and its parameters.
 *
 * @param width of the language model
 * @param slots words guessed at once
 * @param latents tokens that a picture is compressed to
 * @param heads of the attention
 * @param inner width of what refines a slot
 * @param most words handed to the model at once
 * @param fuseAll whether words in front of a picture are joined with the word that follows, too
 */
record FlashSizes(int width, int slots, int latents, int heads, int inner, int most, boolean fuseAll) {
    /** Channels of a head. */
    static final int HEAD = 64;

    /** Visual tokens to one that they are compressed to. */
    private static final int COMPRESSION = 9;

    private static final int REFINEMENT = 8;
    private static final int MLP = 4;
    private static final double SMALL = 0.02;

    static FlashSizes of(ModelShape shape, Knobs knobs) {
        int width = shape.decoderWidth();
        int slots = knobs.integer("k");
        return new FlashSizes(
                width,
                slots,
                knobs.integer("c", Math.max(1, Math.round((float) shape.visualTokens() / COMPRESSION))),
                knobs.integer("heads", Math.max(1, width / HEAD)),
                knobs.integer("refine", Math.max(1, width / REFINEMENT)),
                Math.min(slots, knobs.integer("most", slots)),
                knobs.is("before", "paper"));
    }

    /** Channels of all heads. */
    int attention() {
        return heads * HEAD;
    }

    /** Width inside the MLP. */
    int mlp() {
        return MLP * width;
    }

    /** All parameters; where the paper does not say how one starts, as {@code torch.nn.Linear} does. */
    void declare(Declaration.Builder own) {
        own.normal("queries", SMALL, latents, width);
        linear(own, "fuse.gate", width, 2 * width, true);
        linear(own, "fuse.up", width, 2 * width, true);
        own.constant("slots.first", 0, 1, width);
        if (slots > 1) {
            own.normal("slots.others", SMALL, slots - 1, width);
        }
        own.constant("attention_norm.weight", 1, width);
        for (String map : new String[] {"q_proj", "k_proj", "v_proj"}) {
            linear(own, "attention." + map, attention(), width, true);
        }
        linear(own, "attention.o_proj", width, attention(), true);
        own.constant("mlp_norm.weight", 1, width);
        linear(own, "mlp.gate_proj", mlp(), width, false);
        linear(own, "mlp.up_proj", mlp(), width, false);
        linear(own, "mlp.down_proj", width, mlp(), false);
        own.constant("skip", 1, slots);
        for (int slot = 1; slot < slots; slot++) {
            linear(own, "refine." + slot + ".in", inner, 2 * width, false);
            linear(own, "refine." + slot + ".out", width, inner, false);
        }
    }

    private static void linear(Declaration.Builder own, String name, int out, int in, boolean bias) {
        double bound = 1 / Math.sqrt(in);
        own.uniform(name + ".weight", bound, out, in);
        if (bias) {
            own.uniform(name + ".bias", bound, out);
        }
    }
}
