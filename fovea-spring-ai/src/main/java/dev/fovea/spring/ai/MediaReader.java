package dev.fovea.spring.ai;

import dev.fovea.core.image.DataUrl;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.document.DocumentReader;
import dev.fovea.document.DocumentWish;
import java.util.ArrayList;
import java.util.List;
import org.springframework.ai.content.Media;

/**
 * Makes pictures of Spring AI's media: pictures are decoded, and of PDF documents every page is drawn.
 *
 * @param pictures decodes
 * @param documents draws
 * @param scale how large the model wants pages
 */
record MediaReader(PictureReader pictures, DocumentReader documents, DocumentReader.Scale scale) {

    /** What the messages of one prompt show; nothing yet. */
    Shown showing(DocumentWish wish) {
        return new Shown(wish);
    }

    /** The pictures of a prompt, message by message. */
    final class Shown {
        private final DocumentWish wish;
        private final List<RgbImage> images = new ArrayList<>();
        private int shownPictures;
        private int shownDocuments;

        private Shown(DocumentWish wish) {
            this.wish = wish;
        }

        List<RgbImage> images() {
            return images;
        }

        /** Adds the media of a message: how many pictures they are. */
        int add(List<Media> media) {
            int before = images.size();
            for (Media one : media) {
                if (one.getMimeType().isCompatibleWith(Media.Format.DOC_PDF)) {
                    images.addAll(pages(one));
                } else if (one.getMimeType().getType().equals("image")) {
                    images.add(picture(one));
                } else {
                    throw new UnsupportedOperationException("Media of the type " + one.getMimeType()
                            + " are not supported; give pictures and PDF documents.");
                }
            }
            return images.size() - before;
        }

        private RgbImage picture(Media media) {
            String name = "Picture " + ++shownPictures;
            byte[] bytes = media.getData() instanceof byte[] own ? own : DataUrl.bytes(text(media), name);
            return pictures.read(bytes, name).image();
        }

        private List<RgbImage> pages(Media media) {
            int index = shownDocuments++;
            String name = "Document " + shownDocuments;
            byte[] bytes = media.getData() instanceof byte[] own ? own : DataUrl.documentBytes(text(media), name);
            return documents
                    .read(bytes, name, wish.pages(index), wish.password(), documents.scaleFor(scale))
                    .images();
        }

        private static String text(Media media) {
            return String.valueOf(media.getData());
        }
    }
}
