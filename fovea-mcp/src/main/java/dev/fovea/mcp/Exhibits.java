package dev.fovea.mcp;

import dev.fovea.core.image.RgbImage;
import dev.fovea.document.DocumentReader;
import dev.fovea.document.DocumentWish;
import java.util.ArrayList;
import java.util.List;

/**
 * What a call shows to the model: pictures, and pages of PDF documents, drawn as large as the model sees pictures.
 *
 * @param source where they come from
 * @param scale how large the model wants pages
 */
record Exhibits(PictureSource source, DocumentReader.Scale scale) {
    /** Most pictures of a call, pages included. */
    static final int MOST = 16;

    /** Pictures in the order in which they are named, and each document's pages in its place. */
    List<RgbImage> several(Arguments arguments) {
        List<String> named = arguments.texts("pictures");
        if (named.isEmpty() || named.size() > MOST) {
            throw new IllegalArgumentException("The argument 'pictures' must hold 1 to " + MOST + " pictures.");
        }
        return shown(named, PageArguments.several(arguments), arguments);
    }

    /** One picture, or one page. */
    RgbImage single(Arguments arguments) {
        return shown(List.of(arguments.text("picture")), PageArguments.single(arguments), arguments)
                .getFirst();
    }

    private List<RgbImage> shown(List<String> named, DocumentWish wish, Arguments arguments) {
        List<RgbImage> images = new ArrayList<>();
        int documents = 0;
        for (String one : named) {
            PictureSource.Found found = source.find(one);
            if (found.isDocument()) {
                images.addAll(source.pages(found, wish.pages(documents++), wish.password(), scale));
            } else {
                images.add(source.picture(found));
            }
            if (images.size() > MOST) {
                throw new IllegalArgumentException("With the pages of documents these are more than the " + MOST
                        + " pictures that are taken; choose pages with the argument 'pages'.");
            }
        }
        if (documents == 0) {
            PageArguments.refuse(arguments);
        }
        return images;
    }
}
