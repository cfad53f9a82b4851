package dev.fovea.core.image;

/**
 * The sizes that a picture passes on its way to the encoder: padded to a square or not, resized, cropped.
 *
 * @param width pixels in a row of the original
 * @param height its rows
 * @param squareWidth the same after padding
 * @param squareHeight the same after padding
 * @param resizedWidth after resizing
 * @param resizedHeight after resizing
 * @param preparedWidth after cropping
 * @param preparedHeight after cropping
 */
record Frame(
        int width,
        int height,
        int squareWidth,
        int squareHeight,
        int resizedWidth,
        int resizedHeight,
        int preparedWidth,
        int preparedHeight) {

    /** As a checkpoint's configuration says. */
    static Frame of(ImageProcessorConfig config, int width, int height) {
        int side = Math.max(width, height);
        int squareWidth = config.padToSquare() ? side : width;
        int squareHeight = config.padToSquare() ? side : height;
        int[] resized = resized(config, squareWidth, squareHeight);
        boolean crop = config.centerCrop();
        return new Frame(
                width,
                height,
                squareWidth,
                squareHeight,
                resized[0],
                resized[1],
                crop ? config.cropWidth() : resized[0],
                crop ? config.cropHeight() : resized[1]);
    }

    private static int[] resized(ImageProcessorConfig config, int width, int height) {
        return switch (config.size()) {
            case ImageProcessorConfig.Size.AsIs ignored -> new int[] {width, height};
            case ImageProcessorConfig.Size.Exact exact -> new int[] {exact.width(), exact.height()};
            case ImageProcessorConfig.Size.ShortestEdge shortest -> shortest(width, height, shortest.edge());
        };
    }

    /** The longer side keeps the aspect ratio as well as whole pixels allow, rounded down. */
    private static int[] shortest(int width, int height, int edge) {
        int shorter = Math.min(width, height);
        int longer = Math.max(width, height);
        int scaled = (int) ((double) ((long) edge * longer) / shorter);
        if ((long) edge * scaled > PictureLimits.DEFAULT.pixels()) {
            throw new PictureException("A picture of " + width + "x" + height
                    + " pixels is too elongated to be scaled to " + edge + " on its shorter side; crop it first");
        }
        return width <= height ? new int[] {edge, scaled} : new int[] {scaled, edge};
    }

    /** The same part of the picture, prepared at another size. */
    Frame at(int otherWidth, int otherHeight) {
        return new Frame(
                width,
                height,
                squareWidth,
                squareHeight,
                scaled(resizedWidth, preparedWidth, otherWidth),
                scaled(resizedHeight, preparedHeight, otherHeight),
                otherWidth,
                otherHeight);
    }

    private static int scaled(int resized, int prepared, int other) {
        return (int) Math.max(1, Math.round((double) resized * other / prepared));
    }

    Geometry geometry() {
        return new Geometry(
                width,
                height,
                preparedWidth,
                preparedHeight,
                (double) squareWidth / resizedWidth,
                (double) squareHeight / resizedHeight,
                Math.floorDiv(resizedWidth - preparedWidth, 2),
                Math.floorDiv(resizedHeight - preparedHeight, 2),
                (squareWidth - width) / 2,
                (squareHeight - height) / 2);
    }
}
