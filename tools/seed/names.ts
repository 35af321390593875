/** Parts of names. People are put together from them at random: whoever comes out is nobody. */
export const givenNames = (
  "Aaliyah Abena Adaeze Adil Aisling Alasdair Amara Anil Anouk Arjun Ayşe Beatriz Bilal Bronwen Callum Carys Chidi Ciara Dafydd Daria " +
  "Deepa Dmitri Dónal Efua Eilidh Ekene Elif Emeka Emrys Esi Farah Fatima Fergus Fionnuala Folasade Gethin Giulia Gwen Hamza Hana Harjit " +
  "Hassan Hiroko Ifeoma Imogen Ines Ingrid Isla Ivo Jamila Jasper Jelena Joaquín Kamal Kavita Keira Kenji Kofi Kwame Laila Leona Łukasz " +
  "Magnus Mairead Malik Manjit Marek Mehmet Mei Milena Minh Moira Morag Nadia Naveed Niamh Nkechi Nuala Oluwaseun Oona Owain Parveen " +
  "Petra Priya Rafiq Rania Rhodri Rosalind Ruairi Sabine Sanjay Sefa Seren Shreya Sinéad Siobhán Sofia Soraya Sunita Tadeusz Tamsin " +
  "Tariq Thandi Tomos Uche Una Vikram Wanjiru Wei Yasmin Yusuf Zainab Zoë Zofia"
).split(" ");

export const surnames = (
  "Abara Achterberg Adeyinka Ahlqvist Akhbari Ambrosini Anandwar Ashgrove Attwater Bałucka Banerwal Barrowclough Beckinsop Bellweather " +
  "Bhattarya Birchenall Blackmere Brannigald Brockleby Caddowell Calderbrook Carmodale Chakravar Chegwyn Cloughmore Copperthwaite " +
  "Cwmdare Dalrymire Danquarto Dellacourt Dhillandra Dunmarrow Eastlake-Orr Edgecliff Ellandroyd Faircloughby Farrowdale Fenwycke " +
  "Ferreirinha Fothergale Gallowmere Garrowby Ghoshal-Wren Goldthorne Greenhalgham Hadzikova Hallamore Harrowgrave Hathersmith " +
  "Hawkridge Hettiarach Holmfirthe Ibekwuro Iqbalani Jankowiecz Jenkyntower Kaluwarden Karunadeva Kerrivan Kettlewell-Ray Khanzadeh " +
  "Kilbranach Kirkbrideson Kowalczewska Lamberhurst Langstrothe Larkspurre Llanfairly Lochranza Macallderan Maddoxley Malhotrane " +
  "Marchbanksy Mbatharo Merriweather-Fox Mistrybai Moorhousen Muirfieldson Mwangiri Nakagawara Netherby Ngomezu Nightingall Nwosukwe " +
  "Oakenshaw Obuasimah Oduyale Okparanta Ollerenshawe Oyelarani Pachecoval Pendleburrow Penhallowick Pereirandra Petersfielde Pilkingthorpe " +
  "Quarmbyson Quillfeather Rajapakshan Ravenscourtly Rhydderchan Rostronby Rowbothamley Ruthvenna Sandringhame Satterthwaite-Lowe " +
  "Scarisbrickan Sedgewicke Shahbazian Silverdalen Skelmersley Sowerbutton Stanisławek Stonecroft Swindlehursta Tahirovich Tattersalla " +
  "Thistlewood Threlkeldon Tregarthenna Uddinayev Underhilly Vasquerra Venkatamuri Wadsworthan Warburtonel Weatherbyrne Whittakermoor " +
  "Winterbothame Wolstenholmen Wrigleyson Xiaolong Yallopsen Yorkehurst Zachariou-Bell Zielinskaya"
).split(" ");

/** The spelling of a name in an address. */
export const addressPart = (name: string): string =>
  name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replaceAll("ł", "l")
    .replaceAll("Ł", "L")
    .replaceAll("ş", "s")
    .toLowerCase()
    .replace(/[^a-z-]/g, "");
