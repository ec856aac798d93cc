//! QR codes, bar codes and their like (ISO/IEC 18004, 15417, 15420, 16022 …): what they say is text.

use crate::limits::Limits;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use rxing::common::HybridBinarizer;
use rxing::multi::qrcode::QRCodeMultiReader;
use rxing::multi::{GenericMultipleBarcodeReader, MultipleBarcodeReader};
use rxing::{BarcodeFormat, BinaryBitmap, DecodeHints, Luma8LuminanceSource, MultiFormatReader, Reader};
use std::io::Cursor;
use std::panic::catch_unwind;

/// Codes of one picture that are told.
pub(super) const CODES_MAX: usize = 50;
/// Octets of a decoded pixel at most: four channels of 16 bits.
const PIXEL_BYTES_MAX: u64 = 8;
/// Pixels among which bar codes are looked for; larger pictures are shrunk to less, QR codes are looked for in both.
const BARS_PIXELS_MAX: usize = 2_000_000;
/// Pixels of a picture in which codes are looked for in every direction, if none was found.
const HARDER_PIXELS_MAX: usize = 1_500_000;

/// Kinds of codes that hardly anything else looks like; Codabar and extensions of EAN are seen in any pattern of lines.
const KINDS: [BarcodeFormat; 12] = [
    BarcodeFormat::QR_CODE,
    BarcodeFormat::MICRO_QR_CODE,
    BarcodeFormat::AZTEC,
    BarcodeFormat::DATA_MATRIX,
    BarcodeFormat::PDF_417,
    BarcodeFormat::CODE_128,
    BarcodeFormat::CODE_39,
    BarcodeFormat::CODE_93,
    BarcodeFormat::EAN_13,
    BarcodeFormat::EAN_8,
    BarcodeFormat::UPC_A,
    BarcodeFormat::ITF,
];

/// Grey pixels, row by row.
struct Grey {
    width: usize,
    pixels: Vec<u8>,
}

/// The pixels that a picture says it has, if it is one that is decoded.
pub(super) fn pixels(octets: &[u8]) -> Option<u64> {
    let (width, height) = ImageReader::with_format(Cursor::new(octets), format(octets)?).into_dimensions().ok()?;
    Some(u64::from(width) * u64::from(height))
}

/// What the codes in a picture say, each once, in an order that depends on the picture alone. Of a film the first picture.
/// `None` if it takes more memory than pixels in the limits; a picture that is broken has none.
pub(super) fn find(octets: &[u8], limits: &Limits) -> Option<Vec<String>> {
    let Some(format) = format(octets) else { return Some(Vec::new()) };
    let whole = match decode(octets, format, limits) {
        Ok(whole) => whole,
        Err(image::ImageError::Limits(_)) => return None,
        Err(_) => return Some(Vec::new()),
    };
    // The picture stays named as one that was not examined; that a decoder breaks on it costs no more than its codes.
    let mut texts = catch_unwind(|| whole.codes()).unwrap_or_default();
    texts.sort();
    texts.dedup();
    texts.truncate(CODES_MAX);
    Some(texts)
}

fn format(octets: &[u8]) -> Option<ImageFormat> {
    let known = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Bmp];
    image::guess_format(octets).ok().filter(|format| known.contains(format))
}

fn decode(octets: &[u8], format: ImageFormat, limits: &Limits) -> image::ImageResult<Grey> {
    let mut decoder = ImageReader::with_format(Cursor::new(octets), format).into_decoder()?;
    let mut bounds = image::Limits::no_limits();
    bounds.max_alloc = Some(limits.pixels_max.saturating_mul(PIXEL_BYTES_MAX));
    decoder.set_limits(bounds)?;
    Ok(Grey::of(DynamicImage::from_decoder(decoder)?))
}

impl Grey {
    /// What is transparent is white, as on a page.
    fn of(picture: DynamicImage) -> Grey {
        let width = picture.width() as usize;
        if !picture.color().has_alpha() {
            return Grey { width, pixels: picture.into_luma8().into_raw() };
        }
        let on_white = |[grey, alpha]: [u8; 2]| {
            let (grey, alpha) = (u32::from(grey), u32::from(alpha));
            ((grey * alpha + 255 * (255 - alpha)) / 255) as u8
        };
        let pixels = picture.into_luma_alpha8().pixels().map(|pixel| on_white(pixel.0)).collect();
        Grey { width, pixels }
    }

    fn codes(self) -> Vec<String> {
        let mut texts = Vec::new();
        let small = self.shrunk();
        for grey in [Some(&self), small.as_ref()].into_iter().flatten() {
            grey.qr_codes(&mut texts);
        }
        let small = small.unwrap_or(self);
        small.any_codes(&mut texts);
        small.inverted().qr_codes(&mut texts);
        texts
    }

    fn height(&self) -> usize {
        self.pixels.len().checked_div(self.width).unwrap_or(0)
    }

    /// The same in fewer pixels, each the mean of a square, if there are too many.
    fn shrunk(&self) -> Option<Grey> {
        let by = (1..).find(|by| self.pixels.len() / (by * by) <= BARS_PIXELS_MAX).filter(|by| *by > 1)?;
        let width = self.width / by;
        let mut pixels = Vec::with_capacity(self.pixels.len() / (by * by));
        for rows in self.pixels.chunks_exact(self.width * by) {
            let mut sums = vec![0u32; width];
            for row in rows.chunks_exact(self.width) {
                for (sum, square) in sums.iter_mut().zip(row.chunks_exact(by)) {
                    *sum += square.iter().map(|pixel| u32::from(*pixel)).sum::<u32>();
                }
            }
            pixels.extend(sums.into_iter().map(|sum| (sum / (by * by) as u32) as u8));
        }
        (width > 0).then_some(Grey { width, pixels })
    }

    fn inverted(mut self) -> Grey {
        self.pixels.iter_mut().for_each(|pixel| *pixel = 255 - *pixel);
        self
    }

    fn bitmap(&self) -> Option<BinaryBitmap<HybridBinarizer<Luma8LuminanceSource>>> {
        let source = Luma8LuminanceSource::new(self.pixels.clone(), self.width as u32, self.height() as u32).ok()?;
        Some(BinaryBitmap::new(HybridBinarizer::new(source)))
    }

    fn qr_codes(&self, texts: &mut Vec<String>) {
        let hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
        let found = self
            .bitmap()
            .map(|mut bitmap| QRCodeMultiReader::default().decode_multiple_with_hints(&mut bitmap, &hints));
        texts.extend(found.into_iter().flatten().flatten().map(|code| code.getText().to_owned()));
    }

    fn any_codes(&self, texts: &mut Vec<String>) {
        let kinds = Some(KINDS.into_iter().collect());
        let mut hints = DecodeHints { PossibleFormats: kinds, ..DecodeHints::default() };
        let Some(mut bitmap) = self.bitmap() else { return };
        let mut reader = GenericMultipleBarcodeReader::new(MultiFormatReader::default());
        let found = reader.decode_multiple_with_hints(&mut bitmap, &hints).unwrap_or_default();
        texts.extend(found.iter().map(|code| code.getText().to_owned()));
        if texts.is_empty() && self.pixels.len() <= HARDER_PIXELS_MAX {
            hints.TryHarder = Some(true);
            let found = MultiFormatReader::default().decode_with_hints(&mut bitmap, &hints);
            texts.extend(found.ok().map(|code| code.getText().to_owned()));
        }
    }
}
