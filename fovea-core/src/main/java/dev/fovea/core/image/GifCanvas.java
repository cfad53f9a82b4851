package dev.fovea.core.image;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadata;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/** A GIF's frame may cover a part of its screen only; as in PIL, the picture is the whole screen. */
final class GifCanvas {
    private GifCanvas() {}

    static RgbImage firstFrame(ImageReader reader, SizeLimit limit) throws IOException {
        Element screen = child(reader.getStreamMetadata(), "LogicalScreenDescriptor");
        Element place = child(reader.getImageMetadata(0), "ImageDescriptor");
        int left = number(place, "imageLeftPosition");
        int top = number(place, "imageTopPosition");
        int width = Math.max(number(screen, "logicalScreenWidth"), left + reader.getWidth(0));
        int height = Math.max(number(screen, "logicalScreenHeight"), top + reader.getHeight(0));
        limit.check(width, height);
        BufferedImage decoded = reader.read(0);
        RgbImage frame = Rasters.toRgb(decoded);
        if (width == frame.width() && height == frame.height()) {
            return frame;
        }
        int around = decoded.getColorModel() instanceof IndexColorModel palette
                ? palette.getRGB(Math.max(0, palette.getTransparentPixel()))
                : 0;
        RgbImage canvas = RgbImage.filled(width, height, around >> 16, around >> 8, around);
        canvas.paste(frame, left, top);
        return canvas;
    }

    private static Element child(IIOMetadata metadata, String name) throws IOException {
        NodeList children =
                metadata.getAsTree(metadata.getNativeMetadataFormatName()).getChildNodes();
        for (int i = 0; i < children.getLength(); i++) {
            Node node = children.item(i);
            if (node instanceof Element element && element.getNodeName().equals(name)) {
                return element;
            }
        }
        throw new IOException("The GIF has no " + name);
    }

    private static int number(Element element, String attribute) {
        return Integer.parseInt(element.getAttribute(attribute));
    }
}
