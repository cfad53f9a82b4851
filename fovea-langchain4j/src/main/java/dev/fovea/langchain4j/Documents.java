package dev.fovea.langchain4j;

import dev.fovea.core.image.DataUrl;
import dev.fovea.core.image.RgbImage;
import dev.fovea.document.DocumentLimits;
import dev.fovea.document.DocumentReader;
import dev.fovea.document.DocumentWish;
import dev.langchain4j.data.pdf.PdfFile;
import java.util.List;

/** Draws LangChain4j's PDF files, which hold base64 or a data URL. Other addresses are never opened. */
final class Documents {
    private final DocumentReader reader;
    private final DocumentReader.Scale scale;

    /** @param scale how large the model wants pages */
    Documents(DocumentLimits limits, DocumentReader.Scale scale) {
        this.reader = new DocumentReader(limits);
        this.scale = scale;
    }

    /**
     * The pages of one document that are wanted.
     *
     * @param index among the documents of a request
     * @throws dev.fovea.core.image.PictureException if its bytes cannot be read, in one sentence
     * @throws dev.fovea.document.DocumentException if its pages cannot be drawn, in one sentence
     */
    List<RgbImage> read(PdfFile file, int index, DocumentWish wish) {
        String name = "Document " + (index + 1);
        String data = file.base64Data();
        byte[] bytes =
                data != null ? DataUrl.base64(data, name) : DataUrl.documentBytes(String.valueOf(file.url()), name);
        return reader.read(bytes, name, wish.pages(index), wish.password(), reader.scaleFor(scale))
                .images();
    }
}
