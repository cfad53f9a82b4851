package dev.fovea.core.image;

import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Path;
import java.util.List;

/**
 * Prepares pictures as SigLIP 2's processor does with PIL: as large as they can be in whole patches, keeping their aspect
 * ratio, without having more patches than they may ("NaFlex", arXiv 2502.14786, section 2.4.2). Safe for use by several
 * threads.
 */
public final class PatchBudgetProcessor extends WholePictureProcessor {
    private static final List<Double> HALF = List.of(0.5, 0.5, 0.5);

    /** The search for the scale ends when it is known this well. */
    private static final double PRECISION = 1e-5;

    private static final double LARGEST_SCALE = 100;
    private static final int MAX_PATCH = 1024;
    private static final int MAX_PATCHES = 1 << 20;

    private final int patch;
    private final int most;

    private PatchBudgetProcessor(ProcessorFile file) {
        super(new Stretching(file.resampling(Resampling.BILINEAR), new PixelTable(file.normalization(HALF, HALF))));
        this.patch = file.count("patch_size", 16, MAX_PATCH);
        this.most = file.count("max_num_patches", 256, MAX_PATCHES);
        if ((long) most * patch * patch > PictureLimits.DEFAULT.pixels()) {
            throw new CheckpointException(file.name() + " asks for " + most + " patches of " + patch
                    + " pixels a side, more than " + PictureLimits.DEFAULT.pixels() + " pixels a picture");
        }
    }

    /**
     * Reads the processor of a checkpoint folder.
     *
     * @throws CheckpointException if there is none, or it is another model's, in one sentence
     */
    public static PatchBudgetProcessor read(Path folder) {
        ProcessorFile file = ProcessorFile.read(folder);
        if (!file.kind("SIGLIP2").equals("SIGLIP2")) {
            throw new CheckpointException(file.name() + " asks for the image processor " + file.type("")
                    + ", but the model wants SigLIP 2's; take the file that the model was published with");
        }
        if (!file.flag("do_resize", true)) {
            throw new CheckpointException(file.name()
                    + " asks for pictures as they are, which need not have whole patches; set do_resize to true");
        }
        return new PatchBudgetProcessor(file);
    }

    @Override
    DynamicSize.Size size(int width, int height) {
        double low = PRECISION / 10;
        double high = LARGEST_SCALE;
        while (high - low >= PRECISION) {
            double scale = (low + high) / 2;
            if ((double) patches(height, scale) * patches(width, scale) <= most) {
                low = scale;
            } else {
                high = scale;
            }
        }
        return new DynamicSize.Size(
                Math.toIntExact(patches(width, low) * patch), Math.toIntExact(patches(height, low) * patch));
    }

    /** Patches along a side, at least one. */
    private long patches(int side, double scale) {
        return Math.max(1, (long) Math.ceil(side * scale / patch));
    }
}
