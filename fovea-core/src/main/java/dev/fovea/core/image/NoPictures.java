package dev.fovea.core.image;

import java.util.List;

/** What stands where a model that reads text alone would have its picture processor: says so, in one sentence. */
public final class NoPictures implements PictureProcessor {
    /** What is told whoever shows such a model a picture. */
    public static final String SENTENCE =
            "This model reads text alone; ask without pictures, or open a vision-language model (with a .gguf file, its"
                    + " mmproj file too).";

    @Override
    public PreparedPicture preparePicture(RgbImage picture) {
        throw new IllegalArgumentException(SENTENCE);
    }

    @Override
    public List<ViewSize> views(int width, int height) {
        throw new IllegalArgumentException(SENTENCE);
    }

    @Override
    public PreparedPicture prepareVideo(List<RgbImage> frames, double framesPerSecond) {
        throw new IllegalArgumentException(SENTENCE);
    }
}
